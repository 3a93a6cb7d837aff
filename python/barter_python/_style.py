"""How cards and pages look: colours of their surroundings, light or dark; nothing is fetched."""

CARD_CSS = (
    ".bt{--bt-line:color-mix(in srgb,currentColor 16%,transparent);"
    "--bt-soft:color-mix(in srgb,currentColor 62%,transparent);"
    "--bt-warn:#b45309;--bt-ink:#2f6fde;--bt-fall:#d64550;--bt-quiet:#8a7f6c;"
    "box-sizing:border-box;max-width:60em;"
    "border:1px solid var(--bt-line);border-radius:8px;padding:1em 1.3em;margin:.2em 0;"
    "font:13px/1.55 system-ui,sans-serif;color:inherit;overflow-wrap:anywhere;"
    "font-variant-numeric:tabular-nums}"
    ".bt h4{margin:0 0 .4em;font-size:1.1em;font-weight:600;line-height:1.4}"
    ".bt h4 small{color:var(--bt-soft);font-weight:400;font-size:.92em;margin-left:.4em}"
    ".bt table{border-collapse:collapse;margin:0;color:inherit;font-size:1em}"
    ".bt table tr{background:none!important}"
    ".bt th,.bt td{text-align:left;vertical-align:top;padding:.1em 1.4em .1em 0;border:0;"
    "background:none;max-width:none}"
    ".bt th{color:var(--bt-soft);font-weight:400;white-space:nowrap}"
    ".bt section th,.bt h4~table th{min-width:7.6em}"
    ".bt tr.warning th{color:var(--bt-warn);font-weight:600}"
    ".bt .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5em,1fr));"
    "gap:1em 1.6em;margin:.9em 0 1.2em}"
    ".bt .figures span{color:var(--bt-soft)}"
    ".bt .figures b{display:block;font-size:1.65em;font-weight:500;line-height:1.3;"
    "letter-spacing:-.01em}"
    ".bt .figures b small{font-size:.58em;letter-spacing:0;white-space:nowrap}"
    ".bt .figures small{display:block;color:var(--bt-soft);font-size:.92em;line-height:1.35}"
    ".bt .figures b small{display:inline}"
    ".bt svg{display:block;width:100%;height:auto;margin:.4em 0 1em}"
    ".bt svg text{font:11px system-ui,sans-serif;fill:var(--bt-soft)}"
    ".bt svg .value{fill:currentColor}"
    ".bt svg .curve{fill:none;stroke:var(--bt-ink);stroke-width:1.4;stroke-linejoin:round}"
    ".bt svg .gain{fill:var(--bt-ink);fill-opacity:.08}"
    ".bt svg .fall{fill:var(--bt-fall);fill-opacity:.22;stroke:var(--bt-fall);stroke-width:.8}"
    ".bt svg .rule{stroke:var(--bt-line);fill:none}"
    ".bt svg .grid{stroke:var(--bt-line);stroke-opacity:.55;fill:none}"
    ".bt svg .other{fill:none;stroke:var(--bt-quiet);stroke-width:.8;stroke-linejoin:round}"
    ".bt svg text.beside{fill:var(--bt-quiet)}"
    ".bt svg .start{stroke:var(--bt-soft);fill:none;stroke-dasharray:2 3}"
    ".bt svg .mark{fill:var(--bt-ink)}"
    ".bt svg .held{fill:var(--bt-soft);fill-opacity:.22;stroke:var(--bt-soft);stroke-width:.8}"
    ".bt svg .range{fill:currentColor;fill-opacity:.14}"
    ".bt svg .price{fill:none;stroke:currentColor;stroke-opacity:.75;stroke-width:.9;"
    "stroke-linejoin:round}"
    ".bt svg .buy{fill:var(--bt-ink)}"
    ".bt svg .sell{fill:var(--bt-fall)}"
    ".bt section{border-top:1px solid var(--bt-line);padding-top:.7em;margin-top:.8em}"
    ".bt h5{margin:0 0 .3em;font-size:1em;font-weight:600;line-height:1.4}"
    ".bt section table{font-size:.94em}"
    ".bt p{margin:.1em 0;color:var(--bt-soft)}"
    ".bt details{font-size:.94em}"
    ".bt details table{font-size:1em}"
    ".bt summary{color:var(--bt-soft);cursor:pointer;padding:.15em 0}"
    ".bt td.time{color:var(--bt-soft);white-space:nowrap}"
    ".bt tr.filled td,.bt tr.filled th{font-weight:600}"
    ".bt code{font-size:.86em;color:var(--bt-soft);background:none;padding:0}"
    "@media print{.bt details::details-content{content-visibility:visible;height:auto}"
    ".bt details{display:block}.bt summary{display:none}}"
    "@media(prefers-color-scheme:dark){"
    ".bt{--bt-warn:#f0a43c;--bt-ink:#6ea8ff;--bt-fall:#f0727b;--bt-quiet:#a89c86}}"
)
REPORT_CSS = (
    ":root{color-scheme:light dark}"
    "body{margin:0;padding:3.5em 1.5em 5em}"
    ".bt.report{max-width:62em;margin:0 auto;border:0;padding:0;font-size:14px}"
    ".report header{margin:0 0 1.6em}"
    ".report h1{font-size:1.9em;font-weight:600;letter-spacing:-.015em;line-height:1.25;"
    "margin:0 0 .2em}"
    ".report header p{margin:0;font-size:1.02em}"
    ".report h2{font-size:1.22em;font-weight:600;margin:0 0 .7em}"
    ".report h3{font-size:1em;font-weight:600;margin:1.5em 0 .3em}"
    ".report h2+h3{margin-top:0}"
    ".report section{padding-top:1.3em;margin-top:2em}"
    ".report .figures{margin:1.6em 0 2em}"
    ".report figure{margin:0 0 1.6em}"
    ".report figure svg{margin:0}"
    ".report figcaption,.report .note{color:var(--bt-soft);font-size:.92em;max-width:50em;"
    "margin:.5em 0 0}"
    ".report figcaption i{display:inline-block;border:.32em solid transparent;"
    "border-bottom:.52em solid var(--bt-ink);border-top:0;margin:0 .1em .05em .2em}"
    ".report figcaption .sold{border-top:.52em solid var(--bt-fall);border-bottom:0}"
    ".report .wide{overflow-x:auto}"
    ".report section table,.report .list{font-size:.94em}"
    ".report .ruled{width:100%;border-top:1px solid var(--bt-soft);"
    "border-bottom:1px solid var(--bt-soft)}"
    ".report .ruled th{min-width:0;padding:.35em 1.2em .35em 0;"
    "border-bottom:1px solid var(--bt-line)}"
    ".report .ruled td{padding:.22em 1.2em .22em 0}"
    ".report .ruled .number{text-align:right;white-space:nowrap}"
    ".report .ruled th:last-child,.report .ruled td:last-child{padding-right:0}"
    ".report .ruled td.name{white-space:nowrap}"
    ".report .ruled td.small{color:var(--bt-soft);font-size:.92em;width:56%}"
    ".report .all tbody th{font-weight:600;color:inherit;border:0;padding-top:1.1em}"
    ".report .all small{color:var(--bt-soft);font-size:.92em}"
    ".report .ruled td.total{border-top:1px solid var(--bt-line);font-weight:600}"
    ".report .ruled td.gap{color:var(--bt-soft);line-height:1}"
    ".report em{font-style:normal;color:var(--bt-warn)}"
    ".report .months{width:100%;table-layout:fixed;min-width:44em;"
    "border-spacing:2px;border-collapse:separate;font-size:.88em!important}"
    ".report .months th,.report .months td{text-align:right;padding:.3em .4em;min-width:0;"
    "white-space:nowrap}"
    ".report .months th:first-child{text-align:left;padding-left:0}"
    ".report .months td{border-radius:3px}"
    ".report .up{background:color-mix(in srgb,var(--bt-ink) var(--size),transparent)!important}"
    ".report .down{background:color-mix(in srgb,var(--bt-fall) var(--size),transparent)!important}"
    ".report .list th{min-width:9em}"
    ".report code{font-size:.94em}"
    ".report .reading{stroke:var(--bt-soft);stroke-width:.8;fill:none}"
    "@page{size:A4;margin:15mm 14mm}"
    "@media print{:root{color-scheme:light}body{padding:0}"
    ".bt.report{max-width:none;font-size:9.2pt;color:#000;--bt-warn:#b45309;--bt-ink:#2f6fde;"
    "--bt-fall:#d64550;--bt-quiet:#8a7f6c;"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    ".report .wide{overflow:visible}"
    ".report .ruled th,.report .ruled td{padding-right:.8em}"
    ".report thead{display:table-header-group}"
    ".report tr,.report figure,.report .figures,.report .figures div{break-inside:avoid}"
    ".report h2,.report h3,.report .all tbody tr:first-child{break-after:avoid}"
    ".report .months{font-size:.8em!important}}"
)
# Reads values off the curves under the pointer. The page is whole without it.
REPORT_SCRIPT = """
for (const svg of document.querySelectorAll("svg[data-span]")) {
  const [first, last, right] = svg.dataset.span.split(" ").map(Number);
  const lines = [...svg.querySelectorAll("[data-scale]")].map(path => ({
    name: path.dataset.name, share: "share" in path.dataset,
    scale: path.dataset.scale.split(" ").map(Number),
    spots: path.getAttribute("d").match(/[\\d.]+,[\\d.]+/g)
      .map(spot => spot.split(",").map(Number)),
  }));
  const make = name => svg.appendChild(document.createElementNS(svg.namespaceURI, name));
  const rule = make("path"), word = make("text");
  rule.setAttribute("class", "reading");
  word.setAttribute("y", 9);
  const read = ({ name, share, scale: [top, bottom, low, high], spots }, x) => {
    const [, y] = spots.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a);
    const value = low + (bottom - y) / (bottom - top) * (high - low);
    const form = share ? { style: "percent", maximumFractionDigits: 1 }
      : { maximumSignificantDigits: 5 };
    return `${name} ≈ ${value.toLocaleString("en", form)}`;
  };
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), { width, height } = svg.viewBox.baseVal;
    const x = (event.clientX - box.left) / box.width * width;
    if (x > right) return svg.dispatchEvent(new Event("pointerleave"));
    const time = new Date((first + x / right * (last - first)) * 1000);
    rule.setAttribute("d", `M${x},14V${height - 28}`);
    word.textContent = [time.toISOString().slice(0, 16).replace("T", " "),
      ...lines.map(line => read(line, x))].join(" · ");
  });
  svg.addEventListener("pointerleave", () => {
    rule.removeAttribute("d");
    word.textContent = "";
  });
}
"""

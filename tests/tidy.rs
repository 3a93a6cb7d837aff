//! The laws of the tree that no compiler checks; each finding names file, line and rule.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every name that may stand at the top of the repository. A new one needs a reason.
const TOP: [&str; 20] = [
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "RELEASING.md",
    "benches",
    "clippy.toml",
    "docs",
    "examples",
    "pyproject.toml",
    "python",
    "rustfmt.toml",
    "scripts",
    "src",
    "tests",
    "tests_py",
];

/// The modules in the order of dependency, a room a line: each uses only what stands before it.
/// Inside a room the order counts too, so that no two modules can name each other.
const ROOMS: [&[&str]; 8] = [
    &["error", "num", "time", "random"],
    &["rules", "instrument"],
    &["market", "book", "status", "order", "replay"],
    &["account", "event"],
    &["filters", "risk", "limits", "execution", "context", "strategy"],
    &["stats", "data", "exchange", "engine", "audit"],
    &["system", "live"],
    &["python"],
];

/// Modules that never name each other, whichever comes first: they meet in a trait.
const STRANGERS: [(&str, &str); 1] = [("engine", "exchange")];

const FUNCTION_LINES: usize = 70;
const FILE_LINES: usize = 800;
const LINE_CHARS: usize = 100;

/// A text file of the repository: its path from the root with `/`, and what it says.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// The module this file belongs to: `book` for `src/book.rs` and for `src/book/level.rs`.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let name = inside.split('/').next()?;
        let name = name.strip_suffix(".rs").unwrap_or(name);
        (name != "lib").then_some(name)
    }
}

#[test]
fn the_top_level_holds_only_names_with_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join(".git").exists() {
        return; // a source archive: nothing tells what is ours from what lies beside it
    }
    let listing = Command::new("git").arg("-C").arg(root).arg("ls-files").output();
    let listing = listing.expect("git lists the files of a checkout");
    assert!(listing.status.success(), "git: {}", String::from_utf8_lossy(&listing.stderr));
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let names: BTreeSet<&str> = listing.lines().filter_map(|path| path.split('/').next()).collect();
    let strange = names.into_iter().filter(|name| !TOP.contains(name));
    verdict(strange.map(|name| format!("{name}:1: not in the list TOP of tests/tidy.rs")));
}

#[test]
fn a_module_uses_only_what_stands_before_it() {
    let findings: Vec<String> = sources(&["src"]).iter().flat_map(wrong_edges).collect();
    verdict(findings);
}

#[test]
fn modules_are_declared_in_their_order() {
    let map = sources(&["src"]).into_iter().find(|source| source.path == "src/lib.rs");
    let map = map.expect("src/lib.rs");
    let mut last = 0;
    let mut findings = Vec::new();
    for (number, line) in map.numbered() {
        let name = line.trim_start_matches("pub ").strip_prefix("mod ");
        let Some(room) = name.and_then(|name| room(name.trim_end_matches(';'))) else { continue };
        if room < last {
            findings.push(format!("src/lib.rs:{number}: `{line}` stands below a higher room"));
        }
        last = room;
    }
    verdict(findings);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let silent = |source: &Source| !source.text.starts_with("//! ");
    let rust =
        sources(&["src", "tests", "benches", "examples"]).into_iter().filter(Source::is_rust);
    let findings = rust.filter(silent).map(|s| format!("{}:1: does not begin with `//!`", s.path));
    verdict(findings);
}

#[test]
fn functions_files_and_lines_are_short() {
    let mut findings = Vec::new();
    for source in sources(&["src", "tests", "benches", "examples"]) {
        if !source.is_rust() {
            continue;
        }
        findings.extend(long_functions(&source));
        let count = source.text.lines().count();
        if count > FILE_LINES {
            findings.push(format!("{}:1: {count} lines, at most {FILE_LINES}", source.path));
        }
        for (number, line) in source.numbered() {
            let length = line.chars().count();
            if length > LINE_CHARS {
                let path = &source.path;
                findings
                    .push(format!("{path}:{number}: {length} characters, at most {LINE_CHARS}"));
            }
        }
    }
    verdict(findings);
}

#[test]
fn only_the_gate_names_pyo3() {
    let core = sources(&["src"]).into_iter().filter(|source| source.module() != Some("python"));
    verdict(core.flat_map(|source| lines_with(&source, "pyo3", "only src/python names it")));
}

#[test]
fn nothing_is_left_undone_and_no_file_knows_a_machine() {
    // Put together here, so that this file does not find itself.
    let undone = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    let places = ["home", "root", "tmp", "work", "Users"].map(|name| format!("/{name}/"));
    let mut findings = Vec::new();
    for source in sources(&TOP) {
        for word in &undone {
            findings.extend(lines_with(&source, word, "do it, or file it as an issue"));
        }
        for place in &places {
            for (number, line) in source.numbered().filter(|(_, line)| starts_path(line, place)) {
                let line = line.trim();
                findings.push(format!("{}:{number}: a machine's path: {line}", source.path));
            }
        }
    }
    verdict(findings);
}

/// What a file names that it may not, as findings.
fn wrong_edges(source: &Source) -> Vec<String> {
    let Some(from) = source.module() else { return Vec::new() };
    let path = &source.path;
    let Some(own) = place(from) else {
        return vec![format!("{path}:1: module `{from}` has no room in ROOMS of tests/tidy.rs")];
    };
    let mut findings = Vec::new();
    for (number, to) in edges(&source.text) {
        let at = format!("{path}:{number}: `crate::{to}`");
        if to == from {
            continue;
        }
        let Some(other) = place(&to) else {
            findings.push(format!("{at} is no module of ROOMS; name the module that has it"));
            continue;
        };
        let strange =
            STRANGERS.iter().any(|&(a, b)| (a, b) == (from, &to) || (b, a) == (from, &to));
        if strange {
            findings.push(format!("{at}: `{from}` and `{to}` never name each other"));
        } else if other > own {
            findings.push(format!("{at} stands after `{from}`; use only what stands before"));
        }
    }
    findings
}

/// Line and first name of each path from the crate root, `use crate::{a::B, c}` taken apart.
/// A path by `super::` that leaves its own module is not seen: write `crate::`.
fn edges(text: &str) -> Vec<(usize, String)> {
    let code: String = text.lines().map(|line| without_comment(line).to_owned() + "\n").collect();
    let mut found = Vec::new();
    for (start, root) in code.match_indices("crate::") {
        let number = code[..start].lines().count().max(1);
        let rest = &code[start + root.len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => group_heads(group),
            None => vec![head(rest)],
        };
        found.extend(names.into_iter().map(|name| (number, name)));
    }
    found
}

/// The first names in `a::B, c::{D, E}, f}`, up to the brace that ends the group.
fn group_heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut heads = vec![head(group)];
    for (index, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(head(&group[index + 1..])),
            _ => {}
        }
    }
    heads.retain(|name| !name.is_empty());
    heads
}

/// The name a text begins with.
fn head(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn without_comment(line: &str) -> &str {
    line.find("//").map_or(line, |start| &line[..start])
}

/// Functions that are too long. The layout of rustfmt ends each at a brace in the column of `fn`.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut findings = Vec::new();
    for (start, line) in lines.iter().enumerate().filter(|(_, line)| begins_function(line)) {
        let signature_end = |line: &&str| line.ends_with(['{', ';', '}']);
        let Some(opening) = lines[start..].iter().position(signature_end) else { continue };
        if !lines[start + opening].ends_with('{') {
            continue; // declared without a body, or all on one line
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indent}}}");
        let Some(length) = lines[start..].iter().position(|line| *line == closing) else {
            continue;
        };
        let (path, number, count) = (&source.path, start + 1, length + 1);
        if count > FUNCTION_LINES {
            findings.push(format!("{path}:{number}: {count} lines, at most {FUNCTION_LINES}"));
        }
    }
    findings
}

/// True for `fn`, `pub(crate) const fn`, `unsafe extern "C" fn` and their like.
fn begins_function(line: &str) -> bool {
    let before = |word: &str| {
        word.starts_with("pub") || ["const", "async", "unsafe", "extern", "\"C\""].contains(&word)
    };
    line.split_whitespace().find(|word| !before(word)) == Some("fn")
}

fn lines_with(source: &Source, word: &str, rule: &str) -> Vec<String> {
    let hits = source.numbered().filter(|(_, line)| line.contains(word));
    hits.map(|(number, _)| format!("{}:{number}: `{word}`: {rule}", source.path)).collect()
}

/// True if `place` begins a path in this line, rather than standing inside a longer one.
fn starts_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_.-/}".contains(c))
    })
}

/// Number of the room a module lives in.
fn room(module: &str) -> Option<usize> {
    ROOMS.iter().position(|room| room.contains(&module))
}

/// Place of a module in the whole order.
fn place(module: &str) -> Option<usize> {
    ROOMS.iter().copied().flatten().position(|name| *name == module)
}

/// The text files below these names, which need not exist; other files are left out.
fn sources(names: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for name in names {
        collect(name, &mut found);
    }
    assert!(!found.is_empty(), "no file below {names:?}");
    found
}

fn collect(path: &str, found: &mut Vec<Source>) {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if full.is_dir() {
        let entries = fs::read_dir(&full).expect("a folder that can be read");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let names: BTreeSet<String> =
            names.map(|name| name.to_string_lossy().into_owned()).collect();
        for name in names.iter().filter(|name| *name != "__pycache__") {
            collect(&format!("{path}/{name}"), found);
        }
    } else if let Ok(text) = fs::read_to_string(&full) {
        found.push(Source { path: path.to_owned(), text });
    }
}

fn verdict(findings: impl IntoIterator<Item = String>) {
    let findings: Vec<String> = findings.into_iter().collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// A checker that finds nothing looks like a clean tree: here each is shown what it must find.
mod checkers {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn edges_are_found_in_every_spelling() {
        let text = "use crate::num;\n// crate::live\nuse crate::{\n    book::{A, B}, order,\n};\n\
                    fn f() -> crate::error::Error {}\n";
        let expected = [(1, "num"), (3, "book"), (3, "order"), (6, "error")];
        let found = edges(text);
        let found: Vec<(usize, &str)> =
            found.iter().map(|(at, name)| (*at, name.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn wrong_edges_are_named() {
        let cases = [
            ("src/engine/step.rs", "use crate::exchange::Book;", "never name each other"),
            ("src/exchange/mod.rs", "use crate::engine::Engine;", "never name each other"),
            ("src/order.rs", "use crate::event::Event;", "stands after `order`"),
            ("src/order.rs", "use crate::Order;", "is no module"),
            ("src/novel.rs", "", "has no room"),
        ];
        for (path, text, rule) in cases {
            let findings = wrong_edges(&source(path, text));
            assert!(findings.len() == 1 && findings[0].contains(rule), "{path}: {findings:?}");
            assert!(findings[0].starts_with(&format!("{path}:1: ")), "{findings:?}");
        }
        for (path, text) in [
            ("src/engine/step.rs", "use crate::engine::state::State;\nuse crate::order::Order;"),
            ("src/time.rs", "use crate::num;"),
            ("src/python/order.rs", "use crate::order::Order;"),
        ] {
            assert_eq!(wrong_edges(&source(path, text)), Vec::<String>::new(), "{path}");
        }
    }

    #[test]
    fn a_long_function_is_found_and_a_declaration_is_not() {
        let body = "        work();\n".repeat(FUNCTION_LINES - 1);
        let declared = "    fn short(\n        &self,\n    );\n";
        let signature = "    pub(crate) const fn long(&self)\n    where\n        Self: Sized,\n";
        let text = format!("trait A {{\n{declared}{signature}    {{\n{body}    }}\n}}\n");
        let findings = long_functions(&source("src/a.rs", &text));
        assert_eq!(findings, [format!("src/a.rs:5: {} lines, at most 70", FUNCTION_LINES + 4)]);
    }

    #[test]
    fn a_machine_path_is_told_from_a_part_of_one() {
        let place = ["/ho", "me/"].concat();
        assert!(starts_path(&format!("open(\"{place}ann/a.csv\")"), &place));
        assert!(!starts_path(&format!("https://example.org{place}"), &place));
    }
}

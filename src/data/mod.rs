//! Files, arrays and tables become series: read, checked once, turned into integer columns.

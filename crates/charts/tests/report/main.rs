//! Reports as HTML pages. `scripts/pages.mjs` checks the same pages in a real browser.

#![allow(clippy::expect_used)]

mod contents;
mod structure;

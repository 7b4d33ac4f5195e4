//! Loops that are written out, so that arrays of vectors stay in registers whatever the compiler thinks of their size.

/// Repeats a block for `$i` = 0, 1, ... below `$limit`, each time with `$i` a constant: plain to 9 at most, `rows` to 14, `pairs`
/// to 4, `vectors` to 2.
macro_rules! unroll {
    ($limit:expr, $i:ident => $body:block) => {
        unroll!(@ $limit, $i, $body, 0 1 2 3 4 5 6 7 8)
    };
    (rows $limit:expr, $i:ident => $body:block) => {
        unroll!(@ $limit, $i, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (pairs $limit:expr, $i:ident => $body:block) => {
        unroll!(@ $limit, $i, $body, 0 1 2 3)
    };
    (vectors $limit:expr, $i:ident => $body:block) => {
        unroll!(@ $limit, $i, $body, 0 1)
    };
    (@ $limit:expr, $i:ident, $body:block, $($n:literal)*) => {
        $(if $n < $limit { const $i: usize = $n; $body })*
    };
}
pub(crate) use unroll;

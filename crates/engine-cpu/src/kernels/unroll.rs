//! Unrolled loops, so that arrays of vectors stay in registers, whatever the compiler decides about their size.

/// Repeats a block for `$i` = 0, 1, ... below `$limit`, with a constant `$i` each time. The limit is at most 9 for the
/// plain form, 14 for `rows`, 4 for `pairs`, and 2 for `vectors`.
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

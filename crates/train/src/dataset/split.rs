//! The split of clips that come without one: 80 % train, 10 % valid, 10 % test.

use engine::Purpose;
use net::Task;

use super::{Part, Row};
use crate::permutation::permutation;

/// The part of every row: its own, or drawn from `seed`; within each class when single-label, so that every class is in
/// every part where it has three clips. The order of the rows plays no role, only their names.
pub(super) fn draw(rows: &[Row], labels: &[Vec<u32>], task: Task, seed: u64) -> Vec<Part> {
    let mut undecided: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].part.is_none()).collect();
    undecided.sort_by(|&a, &b| rows[a].name.cmp(&rows[b].name));
    let mut parts: Vec<Part> = rows.iter().map(|row| row.part.unwrap_or(Part::Train)).collect();
    let mut strata: std::collections::BTreeMap<u32, Vec<usize>> = std::collections::BTreeMap::new();
    for row in undecided {
        let stratum = if task == Task::SingleLabel { labels[row].first().copied().unwrap_or(0) } else { 0 };
        strata.entry(stratum).or_default().push(row);
    }
    for (stratum, members) in strata {
        let order = permutation(seed, Purpose::Split, u64::from(stratum), members.len());
        let (valid, test) = held_out(members.len());
        for (place, &pick) in order.iter().enumerate() {
            parts[members[pick as usize]] = match place {
                p if p < valid => Part::Valid,
                p if p < valid + test => Part::Test,
                _ => Part::Train,
            };
        }
    }
    parts
}

/// How many of `count` clips validate and test.
fn held_out(count: usize) -> (usize, usize) {
    let tenth = (count + 5) / 10;
    match count {
        0 | 1 => (0, 0),
        2 => (1, 0),
        _ => (tenth.max(1), tenth.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> Vec<Row> {
        (0..count)
            .map(|i| Row { name: format!("{i:04}"), path: i.to_string().into(), tags: vec![], part: None, line: None })
            .collect()
    }

    fn count(parts: &[Part], part: Part) -> usize {
        parts.iter().filter(|&&p| p == part).count()
    }

    #[test]
    fn eighty_ten_ten_by_the_seed() {
        let rows = rows(200);
        let labels = vec![vec![]; 200];
        let parts = draw(&rows, &labels, Task::MultiLabel, 1);
        assert_eq!((count(&parts, Part::Valid), count(&parts, Part::Test)), (20, 20));
        assert_eq!(parts, draw(&rows, &labels, Task::MultiLabel, 1));
        assert_ne!(parts, draw(&rows, &labels, Task::MultiLabel, 2));
    }

    #[test]
    fn the_order_of_the_rows_plays_no_role() {
        let labels = vec![vec![]; 50];
        let parts = draw(&rows(50), &labels, Task::MultiLabel, 1);
        let mut turned: Vec<Row> = rows(50);
        turned.reverse();
        let mut other = draw(&turned, &labels, Task::MultiLabel, 1);
        other.reverse();
        assert_eq!(parts, other);
    }

    #[test]
    fn every_class_is_in_every_part() {
        let labels: Vec<Vec<u32>> = (0..60).map(|i| vec![u32::from(i >= 55)]).collect();
        let parts = draw(&rows(60), &labels, Task::SingleLabel, 9);
        for class in 0..2 {
            let of: Vec<Part> = (0..60).filter(|&i| labels[i] == [class]).map(|i| parts[i]).collect();
            assert!(Part::ALL.iter().all(|&part| count(&of, part) >= 1), "{class}: {of:?}");
        }
    }

    #[test]
    fn a_given_split_stays() {
        let mut rows = rows(20);
        rows[3].part = Some(Part::Test);
        assert_eq!(draw(&rows, &vec![vec![]; 20], Task::MultiLabel, 1)[3], Part::Test);
    }
}

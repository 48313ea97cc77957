//! The plan of a study's training: which groups a thread trains together, and in which order.

use std::ops::Range;

use sparsegrok_kernel::{KernelChoice, RunGroup};

use crate::study::Study;

/// Most cells of a team: the lanes there are for runs that share rows and order.
const CELLS: usize = RunGroup::MOST;

/// Nanoseconds that a step takes of so many seeds of one cell, in lanes with rows and an order of their own. They were
/// measured at 5 signal columns; their proportions decide, and hold for other widths.
fn own_lanes(seeds: u64) -> u64 {
    match seeds {
        // Alone, a run goes in the scalar kernel.
        ..=1 => 12,
        _ => 22,
    }
}

/// Nanoseconds that a step takes of so many seeds of some cells: seed after seed, the cells in lanes that share rows and
/// order.
fn shared_lanes(cells: usize, seeds: u64) -> u64 {
    let of_seed = match cells {
        ..=8 => 12,
        _ => 16,
    };
    seeds * of_seed
}

/// Tells if so many seeds of some cells are trained faster as a team than group by group.
fn is_worth_sharing(cells: usize, seeds: u64) -> bool {
    shared_lanes(cells, seeds) < cells as u64 * own_lanes(seeds)
}

/// The numbers of the groups that a thread trains together, ascending: of one group, or of a team, the same seeds of
/// several cells that see the same rows in the same order.
pub(crate) type Team = Vec<u64>;

/// The plan of a study's training.
///
/// Cells fall into classes that [share visits](sparsegrok_run::models::Family::shares_visits). Classes come in the order
/// of their first cells; in each, cells by the block; in a block, seeds by eights; and of these the cells that make a
/// team. The groups come in this order whatever the number of threads: more of them divide teams in place. So cells with
/// the same data follow one another, and nothing grows with the groups.
pub(crate) struct Plan<'s> {
    study: &'s Study,
    axes: Vec<Axis>,
    /// The groups that need no training, ascending.
    finished: Vec<u64>,
    /// Most cells of a team.
    most: usize,
}

/// An axis of the grid.
struct Axis {
    /// The distance of cells that are neighbours on it.
    stride: usize,
    /// Its values, in stretches of neighbours whose cells share visits.
    stretches: Vec<Range<usize>>,
}

impl<'s> Plan<'s> {
    /// The plan for some threads, without the groups that are finished, ascending. `Time: O(values of axes)`
    pub(crate) fn of(study: &'s Study, threads: usize, finished: Vec<u64>) -> Self {
        let mut plan = Self {
            study,
            axes: axes(study),
            finished,
            most: CELLS,
        };
        plan.most = plan.most_cells(threads);
        plan
    }

    /// The groups that are finished, ascending.
    pub(crate) fn finished(&self) -> &[u64] {
        &self.finished
    }

    /// The teams that are to be trained.
    pub(crate) fn teams(&self) -> impl Iterator<Item = Team> + '_ {
        self.teams_to_do(self.most)
    }

    /// The teams of the first seeds of all cells, as if nothing were finished or left to other shards: the largest
    /// there are.
    pub(crate) fn largest(&self) -> impl Iterator<Item = Team> + '_ {
        self.teams_of(self.most, CELLS, 0..1, |_| true)
    }

    fn teams_to_do(&self, most: usize) -> impl Iterator<Item = Team> + '_ {
        let is_to_do = move |group: u64| {
            self.study.has_group(group) && self.finished.binary_search(&group).is_err()
        };
        // A shard has every so many groups: of so many more cells it has teams as large.
        let shards = self
            .study
            .shard()
            .map_or(1, |shard| usize::try_from(shard.of).unwrap_or(usize::MAX));
        let block = CELLS.saturating_mul(shards);
        self.teams_of(most, block, 0..self.study.groups_of_a_cell(), is_to_do)
    }

    /// The teams of at most so many cells of groups that are wanted, by blocks of cells and these eights of seeds.
    fn teams_of<'p>(
        &'p self,
        most: usize,
        block: usize,
        eights: Range<u64>,
        is_wanted: impl Fn(u64) -> bool + Copy + 'p,
    ) -> impl Iterator<Item = Team> + 'p {
        let teams_of_block = move |cells: Vec<usize>| {
            eights.clone().flat_map(move |eight| {
                let numbers = cells.iter().map(|&cell| self.study.number(cell, eight));
                let wanted: Vec<u64> = numbers.filter(|&group| is_wanted(group)).collect();
                self.divided(&wanted, most)
            })
        };
        let blocks = self.classes().flat_map(move |class| class.blocks(block));
        blocks.flat_map(teams_of_block)
    }

    /// Groups of the same seeds of cells that share visits as teams, each of at most so many cells.
    fn divided(&self, groups: &[u64], most: usize) -> Vec<Team> {
        let mut teams = Vec::new();
        // The largest teams are divided, so that groups come in the same order however many cells a team may have.
        for part in groups.chunks(CELLS).flat_map(|team| team.chunks(most)) {
            match is_worth_sharing(part.len(), self.seeds_of(part)) {
                true => teams.push(part.to_vec()),
                false => teams.extend(part.iter().map(|&group| vec![group])),
            }
        }
        teams
    }

    /// The number of cells of a team that ends soonest on so many threads.
    fn most_cells(&self, threads: usize) -> usize {
        let enough = threads.saturating_sub(1);
        if self.teams_to_do(CELLS).nth(enough).is_some() {
            return CELLS;
        }
        // So few teams that they can be counted. Half a team takes half the lanes; a group alone goes in eight of its own.
        let time = |most: usize| {
            let times = self.teams_to_do(most).map(|team| self.time(&team));
            let (teams, longest) = times.fold((0, 0), |(teams, longest), time| {
                (teams + 1, time.max(longest))
            });
            usize::div_ceil(teams, threads.max(1)) as u64 * longest
        };
        let sizes = [CELLS, CELLS / 2, 1].into_iter();
        sizes.min_by_key(|&most| time(most)).unwrap_or(CELLS)
    }

    /// Nanoseconds of a step of a team's runs.
    fn time(&self, team: &[u64]) -> u64 {
        let seeds = self.seeds_of(team);
        match team.len() {
            1 => own_lanes(seeds),
            cells => shared_lanes(cells, seeds),
        }
    }

    /// The number of seeds of each group of a team.
    fn seeds_of(&self, team: &[u64]) -> u64 {
        team.first().map_or(0, |&group| self.study.seeds_of(group))
    }

    /// The classes of cells that share visits, in the order of their first cells.
    fn classes(&self) -> impl Iterator<Item = Class> + '_ {
        let sizes: Vec<usize> = self.axes.iter().map(|axis| axis.stretches.len()).collect();
        (0..sizes.iter().product()).map(move |class| {
            let stretches = self.axes.iter().zip(digits(class, &sizes));
            Class(
                stretches
                    .map(|(axis, place)| (axis.stride, axis.stretches[place].clone()))
                    .collect(),
            )
        })
    }
}

/// The cells with some values of each axis: its stride, and the places of the values.
struct Class(Vec<(usize, Range<usize>)>);

impl Class {
    /// The cells, ascending, by so many.
    fn blocks(self, size: usize) -> impl Iterator<Item = Vec<usize>> {
        let sizes: Vec<usize> = self.0.iter().map(|(_, values)| values.len()).collect();
        let cells: usize = sizes.iter().product();
        let cell = move |place| -> usize {
            let axes = self.0.iter().zip(digits(place, &sizes));
            axes.map(|((stride, values), place)| stride * (values.start + place))
                .sum()
        };
        (0..cells).step_by(size).map(move |first| {
            let end = cells.min(first.saturating_add(size));
            (first..end).map(&cell).collect()
        })
    }
}

/// The digits of a number, each below a size of its own; the last changes fastest.
fn digits(number: usize, sizes: &[usize]) -> impl Iterator<Item = usize> {
    let mut rest: usize = sizes.iter().product();
    sizes.iter().map(move |&size| {
        rest /= size;
        number / rest % size
    })
}

/// The axes of a study's grid, and which cells share visits. Settings are looked at one by one, so that an axis is
/// tried in cells that differ in it alone.
fn axes(study: &Study) -> Vec<Axis> {
    // A kernel that trains one run after another gains nothing by others beside it.
    let has_lanes = match study.config().engine.kernel {
        KernelChoice::Auto | KernelChoice::Lanes => true,
        KernelChoice::Scalar | KernelChoice::Dense => false,
    };
    let mut stride = study.cells().len();
    let axes = study.axes().map(|(_, values)| {
        stride /= values.len();
        let config = |place: usize| study.cell(place * stride).config;
        let mut stretches: Vec<Range<usize>> = Vec::new();
        let mut first = config(0);
        for place in 0..values.len() {
            let next = config(place);
            match stretches.last_mut() {
                Some(last) if has_lanes && study.family().shares_visits(&first, &next) => {
                    last.end = place + 1;
                }
                _ => {
                    stretches.push(place..place + 1);
                    first = next;
                }
            }
        }
        Axis { stride, stretches }
    });
    axes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_config::Settings;
    use sparsegrok_log::Shard;

    fn study(flags: &[(&str, &str)]) -> Study {
        let settings = Settings::layered(None, None, flags).unwrap();
        Study::new(settings.config().unwrap()).unwrap()
    }

    fn teams(study: &Study, threads: usize) -> Vec<Team> {
        Plan::of(study, threads, Vec::new()).teams().collect()
    }

    #[test]
    fn cells_that_share_visits_are_teams() {
        // Cells 0, 2, 4 … have one loss, cells 1, 3, 5 … the other.
        let vary = "learning_rate=log:1e-3:1e-2:20;loss=logistic,squared";
        let study = study(&[("vary", vary), ("seeds", "0..11")]);
        let found = teams(&study, 1);
        let of = |cells: Range<u64>, loss: u64, eight: u64| -> Team {
            cells.map(|rate| 2 * (2 * rate + loss) + eight).collect()
        };
        for loss in [0, 1] {
            // Sixteen cells, and of those that are left eight seeds are as fast alone, three are not.
            let expected = [
                vec![of(0..16, loss, 0), of(0..16, loss, 1)],
                of(16..20, loss, 0)
                    .into_iter()
                    .map(|group| vec![group])
                    .collect(),
                vec![of(16..20, loss, 1)],
            ]
            .concat();
            let start = loss as usize * expected.len();
            assert_eq!(found[start..start + expected.len()], expected);
        }
        assert_eq!(found.concat().len() as u64, study.all_groups());
    }

    #[test]
    fn what_makes_another_row_or_order_makes_no_team() {
        for axis in [
            "signal_scale=lin:1:2:20",
            "batch_size=1,2,3,4,5,6",
            "n_train=lin:10:29:20",
            "order=shuffle,sequential,with-replacement",
        ] {
            let study = study(&[("vary", axis), ("seeds", "0..1")]);
            assert!(
                teams(&study, 1).iter().all(|team| team.len() == 1),
                "{axis}"
            );
        }
        // Without columns of their own, rows have another shape.
        let study = study(&[("vary", "memorization_scale=0,1,2,3"), ("seeds", "0..1")]);
        assert_eq!(teams(&study, 1), [vec![0], vec![1, 2, 3]]);
    }

    #[test]
    fn a_kernel_without_lanes_has_no_teams() {
        for (kernel, teams_of) in [("auto", 1), ("lanes", 1), ("scalar", 10), ("dense", 10)] {
            let flags = [
                ("vary", "weight_decay=log:1e-5:1e-3:10"),
                ("kernel", kernel),
            ];
            assert_eq!(teams(&study(&flags), 1).len(), teams_of, "{kernel}");
        }
    }

    #[test]
    fn every_thread_has_a_team_and_the_order_stays() {
        let study = study(&[("vary", "weight_decay=log:1e-5:1e-3:32"), ("seeds", "0..8")]);
        let sizes =
            |threads| -> Vec<usize> { teams(&study, threads).iter().map(Vec::len).collect() };
        assert_eq!(sizes(2), [16, 16]);
        // Two rounds of eight cells are longer than one of sixteen.
        assert_eq!(sizes(3), [16, 16]);
        assert_eq!(sizes(4), [8; 4]);
        // Six rounds of groups, in lanes of their own, take longer than eight seeds in turn; four rounds do not.
        assert_eq!(sizes(6), [8; 4]);
        assert_eq!(sizes(8), [1; 32]);
        for threads in [2, 4, 8] {
            assert_eq!(teams(&study, threads).concat(), (0..32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn shards_have_teams_of_their_groups() {
        let vary = "weight_decay=log:1e-5:1e-3:48;epochs=5,6";
        let whole = study(&[("vary", vary), ("seeds", "0..20")]);
        let mut all = Vec::new();
        for index in 0..3 {
            let shard = Shard { index, of: 3 };
            let found = teams(&whole.clone().of_shard(Some(shard)), 1);
            assert!(found.concat().iter().all(|&group| shard.contains(group)));
            // 96 cells of 3 groups: a shard has one of each.
            assert!(found.iter().all(|team| team.len() == 16), "{found:?}");
            all.extend(found.concat());
        }
        all.sort_unstable();
        assert_eq!(all, (0..whole.all_groups()).collect::<Vec<_>>());
    }

    #[test]
    fn finished_groups_are_left_out() {
        let study = study(&[("vary", "weight_decay=log:1e-5:1e-3:8"), ("seeds", "0..16")]);
        let finished: Vec<u64> = vec![0, 2, 3, 15];
        let plan = Plan::of(&study, 1, finished.clone());
        let found: Vec<Team> = plan.teams().collect();
        assert_eq!(found, [vec![4, 6, 8, 10, 12, 14], vec![1, 5, 7, 9, 11, 13]]);
        assert_eq!(plan.finished(), finished);
        assert_eq!(
            plan.largest().collect::<Vec<_>>(),
            [[0, 2, 4, 6, 8, 10, 12, 14]]
        );
    }

    #[test]
    fn a_million_cells_are_planned_and_none_is_held() {
        let vary = "weight_decay=log:1e-9:1e-2:1000;init_norm=log:1:1e3:1000";
        let study = study(&[("vary", vary), ("init", "gaussian"), ("seeds", "0..1000")]);
        let plan = Plan::of(&study, 4, Vec::new());
        assert_eq!(plan.teams().take(3).last().unwrap()[0], 2);
        assert_eq!(plan.largest().count(), 1_000_000 / CELLS);
    }
}

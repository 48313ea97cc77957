//! Finished groups and runs under way as bytes: little-endian numbers, one after the other.

use sparsegrok_kernel::{Diverged, Figure, KernelChoice, State};

use super::{RunSoFar, Stage};
use crate::bracket::Bracket;
use crate::detect::{Brackets, Milestones};
use crate::goal::GOALS;
use crate::study::{Group, Record, RunSeeds};
use crate::trace::Trace;

/// Kernels, by the numbers that stand for them.
const KERNELS: [KernelChoice; 4] = [
    KernelChoice::Auto,
    KernelChoice::Scalar,
    KernelChoice::Lanes,
    KernelChoice::Dense,
];

/// Numbers, written one after the other.
#[derive(Default)]
pub(super) struct Encoder(pub(super) Vec<u8>);

impl Encoder {
    fn byte(&mut self, x: u8) {
        self.0.push(x);
    }

    pub(super) fn u32(&mut self, x: u32) {
        self.0.extend_from_slice(&x.to_le_bytes());
    }

    pub(super) fn u64(&mut self, x: u64) {
        self.0.extend_from_slice(&x.to_le_bytes());
    }

    pub(super) fn f64(&mut self, x: f64) {
        self.u64(x.to_bits());
    }

    fn f64s(&mut self, values: &[f64]) {
        self.u64(values.len() as u64);
        values.iter().for_each(|&x| self.f64(x));
    }

    /// A name of at most 255 bytes.
    fn name(&mut self, name: &str) {
        self.byte(name.len() as u8);
        self.0.extend_from_slice(name.as_bytes());
    }

    fn diverged(&mut self, at: Option<Diverged>) {
        self.byte(u8::from(at.is_some()));
        if let Some(Diverged { epoch, step, row }) = at {
            self.u64(epoch);
            self.u64(step);
            self.u32(row);
        }
    }

    /// A trace, a column a figure. Columns have names, so that a version of this program with more
    /// figures or fewer reads what it knows; figures that do not exist have none.
    fn trace(&mut self, trace: &Trace) {
        self.u64(trace.len() as u64);
        trace.epochs().iter().for_each(|&epoch| self.u64(epoch));
        let there = |figure: &Figure| trace.figure(*figure).iter().any(|x| !x.is_nan());
        let figures: Vec<_> = Figure::ALL.into_iter().filter(there).collect();
        self.byte(figures.len() as u8);
        for figure in figures {
            self.name(figure.name());
            trace.figure(figure).iter().for_each(|&x| self.f64(x));
        }
    }

    fn brackets(&mut self, brackets: &Brackets) {
        for bracket in brackets {
            let &Bracket {
                below,
                at,
                confirmed,
                lost,
            } = bracket;
            for sighting in [below, at] {
                // Epochs are counted from 1: 0 stands for none.
                let (epoch, value) = sighting.unwrap_or((0, 0.0));
                self.u64(epoch);
                self.f64(value);
            }
            for epoch in [confirmed, lost] {
                self.u64(epoch.unwrap_or(0));
            }
        }
    }

    fn state(&mut self, state: &State) {
        let State {
            epoch,
            step,
            words,
            arrays,
        } = state;
        for &word in [epoch, step].into_iter().chain(words) {
            self.u64(word);
        }
        self.byte(arrays.iter().len() as u8);
        for (name, values) in arrays.iter() {
            self.name(name);
            self.f64s(values);
        }
    }

    /// Runs of a group under way.
    pub(super) fn runs(&mut self, runs: &[RunSoFar]) {
        self.u32(runs.len() as u32);
        for run in runs {
            let RunSoFar {
                trace,
                brackets,
                stage,
            } = run;
            self.trace(trace);
            self.brackets(brackets);
            match stage {
                Stage::Waiting => self.byte(0),
                Stage::Going(state) => {
                    self.byte(1);
                    self.state(state);
                }
                Stage::Ended(diverged) => {
                    self.byte(2);
                    self.diverged(*diverged);
                }
            }
        }
    }

    /// A finished group. Milestones are not written: they follow from the brackets.
    pub(super) fn group(&mut self, group: &Group) {
        self.u64(group.cell as u64);
        let kernel = KERNELS.iter().position(|&kernel| kernel == group.kernel);
        self.byte(kernel.unwrap_or(0) as u8);
        self.u64(group.seed_steps);
        self.u32(group.records.len() as u32);
        for record in &group.records {
            let RunSeeds {
                seed,
                data,
                order,
                init,
            } = record.seeds;
            self.byte(u8::from(data.is_some()));
            for seed in [seed, data.unwrap_or(0), order, init] {
                self.u64(seed);
            }
            self.diverged(record.diverged);
            self.trace(&record.trace);
            self.brackets(&record.brackets);
        }
    }
}

/// Bytes, read from the first to the last; `None` where they do not suffice or make no sense.
///
/// Nothing is allocated beyond what the bytes there are can fill.
pub(super) struct Decoder<'b>(pub(super) &'b [u8]);

impl Decoder<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn name(&mut self) -> Option<&str> {
        let length = self.byte()?.into();
        let (name, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(name).ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Option<f64> {
        self.u64().map(f64::from_bits)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A count of what takes at least `size` bytes each, and so is there.
    fn count(&mut self, count: u64, size: usize) -> Option<usize> {
        let count = usize::try_from(count).ok()?;
        (count <= self.0.len() / size).then_some(count)
    }

    fn f64s(&mut self) -> Option<Vec<f64>> {
        let count = self.u64()?;
        let count = self.count(count, size_of::<f64>())?;
        (0..count).map(|_| self.f64()).collect()
    }

    fn diverged(&mut self) -> Option<Option<Diverged>> {
        if !self.flag()? {
            return Some(None);
        }
        Some(Some(Diverged {
            epoch: self.u64()?,
            step: self.u64()?,
            row: self.u32()?,
        }))
    }

    fn trace(&mut self) -> Option<Trace> {
        let count = self.u64()?;
        let count = self.count(count, size_of::<u64>())?;
        let epochs = (0..count).map(|_| self.u64()).collect::<Option<_>>()?;
        let mut columns = Vec::new();
        for _ in 0..self.byte()? {
            let figure = Figure::of(self.name()?);
            let count = self.count(count as u64, size_of::<f64>())?;
            let column: Vec<f64> = (0..count).map(|_| self.f64()).collect::<Option<_>>()?;
            columns.extend(figure.map(|figure| (figure, column)));
        }
        Some(Trace::of_columns(epochs, columns))
    }

    fn brackets(&mut self) -> Option<Brackets> {
        let mut brackets = [Bracket::NONE; GOALS];
        for bracket in &mut brackets {
            let mut sighting = || {
                let (epoch, value) = (self.u64()?, self.f64()?);
                match epoch {
                    0 => (value.to_bits() == 0).then_some(None),
                    _ => Some(Some((epoch, value))),
                }
            };
            let (below, at) = (sighting()?, sighting()?);
            let mut epoch = || self.u64().map(|epoch| (epoch > 0).then_some(epoch));
            *bracket = Bracket {
                below,
                at,
                confirmed: epoch()?,
                lost: epoch()?,
            };
        }
        Some(brackets)
    }

    fn state(&mut self) -> Option<State> {
        let [epoch, step] = [self.u64()?, self.u64()?];
        let words = [self.u64()?, self.u64()?, self.u64()?, self.u64()?];
        let arrays = (0..self.byte()?).map(|_| {
            let name = self.name()?.to_owned();
            Some((name.into(), self.f64s()?))
        });
        Some(State {
            epoch,
            step,
            words,
            arrays: arrays.collect::<Option<_>>()?,
        })
    }

    /// Runs of a group under way, after which nothing comes.
    pub(super) fn runs(mut self) -> Option<Vec<RunSoFar>> {
        let count = self.u32()?.into();
        let count = self.count(count, size_of::<u64>() + 1)?;
        let runs = (0..count).map(|_| {
            Some(RunSoFar {
                trace: self.trace()?,
                brackets: self.brackets()?,
                stage: match self.byte()? {
                    0 => Stage::Waiting,
                    1 => Stage::Going(self.state()?),
                    2 => Stage::Ended(self.diverged()?),
                    _ => return None,
                },
            })
        });
        let runs = runs.collect::<Option<_>>()?;
        self.0.is_empty().then_some(runs)
    }

    /// A finished group, after which nothing comes; its milestones are still to be found.
    pub(super) fn group(mut self) -> Option<Group> {
        let cell = usize::try_from(self.u64()?).ok()?;
        let kernel = *KERNELS.get(usize::from(self.byte()?))?;
        let seed_steps = self.u64()?;
        let count = self.u32()?.into();
        let count = self.count(count, 4 * size_of::<u64>())?;
        let records = (0..count).map(|_| {
            let has_data = self.flag()?;
            let [seed, data, order, init] = [self.u64()?, self.u64()?, self.u64()?, self.u64()?];
            Some(Record {
                cell,
                seeds: RunSeeds {
                    seed,
                    data: has_data.then_some(data),
                    order,
                    init,
                },
                milestones: Milestones::DIVERGED,
                diverged: self.diverged()?,
                trace: self.trace()?,
                brackets: self.brackets()?,
            })
        });
        let records = records.collect::<Option<_>>()?;
        self.0.is_empty().then_some(Group {
            cell,
            kernel,
            records,
            seed_steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_kernel::Arrays;

    fn state() -> State {
        State {
            epoch: 3,
            step: 135,
            words: [1, 2, 3, u64::MAX],
            arrays: Arrays::new()
                .with("scale", vec![0.1 + 0.2])
                .with("signal", vec![-0.0, f64::MIN_POSITIVE / 3.0, f64::INFINITY])
                .with("tail", Vec::new())
                .with("memorization", vec![1.0 / 3.0; 45]),
        }
    }

    fn trace() -> Trace {
        let figures = Figure::ALL.into_iter().zip(0..);
        let figures = figures.map(|(figure, i)| (figure, (f64::from(i) + 0.1).sqrt()));
        let whole = |epoch| {
            let begun = Evaluation::new(epoch);
            let figures = figures.clone();
            figures.fold(begun, |evaluation, (figure, x)| evaluation.with(figure, x))
        };
        // One figure is never there, another only at first.
        let [mut first, mut second] = [1, 200].map(whole);
        first.set(Figure::TestAcc, None);
        second.set(Figure::TestAcc, None);
        second.set(Figure::TeacherCosine, None);
        [first, second].into_iter().collect()
    }

    fn brackets() -> Brackets {
        let seen = Bracket {
            below: Some((15, f64::NAN)),
            at: Some((16, 0.75)),
            confirmed: Some(46),
            lost: None,
        };
        let lost = Bracket {
            below: None,
            lost: Some(60),
            ..seen
        };
        [seen, Bracket::NONE, lost, seen]
    }

    fn runs() -> Vec<RunSoFar> {
        let diverged = Diverged {
            epoch: 7,
            step: 300,
            row: 44,
        };
        let stages = [
            Stage::Waiting,
            Stage::Going(state()),
            Stage::Ended(None),
            Stage::Ended(Some(diverged)),
        ];
        let runs = stages.into_iter().map(|stage| RunSoFar {
            trace: trace(),
            brackets: brackets(),
            stage,
        });
        runs.collect()
    }

    #[test]
    fn runs_under_way_are_read_as_they_were_written() {
        let mut encoder = Encoder::default();
        encoder.runs(&runs());
        let read = Decoder(&encoder.0).runs().unwrap();
        assert_eq!(read, runs());
        let Stage::Going(state) = &read[1].stage else {
            panic!("{:?}", read[1].stage);
        };
        let signal = state.arrays.get("signal").unwrap();
        assert_eq!(signal[0].to_bits(), (-0.0_f64).to_bits());
        for end in 0..encoder.0.len() {
            assert_eq!(Decoder(&encoder.0[..end]).runs(), None, "{end}");
        }
    }

    #[test]
    fn a_log_with_other_figures_is_read() {
        let mut encoder = Encoder::default();
        encoder.runs(&runs());
        let name = Figure::MarginMin.name().as_bytes();
        let mut bytes = encoder.0.clone();
        for at in 0..bytes.len() - name.len() {
            if &bytes[at..at + name.len()] == name {
                bytes[at..at + name.len()].copy_from_slice(b"margin_max");
            }
        }
        let read = Decoder(&bytes).runs().unwrap();
        for (read, written) in read.iter().zip(runs()) {
            for figure in Figure::ALL {
                let column = read.trace.figure(figure);
                if figure == Figure::MarginMin {
                    assert!(column.iter().all(|x| x.is_nan()));
                } else {
                    let bits = |x: &f64| x.to_bits();
                    let expected = written.trace.figure(figure);
                    assert!(column.iter().map(bits).eq(expected.iter().map(bits)));
                }
            }
        }
    }

    #[test]
    fn any_bytes_that_are_read_mean_the_same_when_written_again() {
        let mut encoder = Encoder::default();
        encoder.runs(&runs());
        let mut read = 0;
        for at in 0..encoder.0.len() {
            for other in [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff] {
                let mut bytes = encoder.0.clone();
                bytes[at] = other;
                if let Some(runs) = Decoder(&bytes).runs() {
                    let mut again = Encoder::default();
                    again.runs(&runs);
                    // The bytes may be fewer: a figure with an unknown name is left out.
                    assert!(again.0.len() <= bytes.len(), "byte {at} as {other}");
                    let mut twice = Encoder::default();
                    twice.runs(&Decoder(&again.0).runs().expect("what was written"));
                    assert!(twice.0 == again.0, "byte {at} as {other}");
                    read += 1;
                }
            }
        }
        assert!(read > 0);
    }

    #[test]
    fn finished_groups_are_read_as_they_were_written() {
        let record = |seed, data, diverged| Record {
            cell: 5,
            seeds: RunSeeds {
                seed,
                data,
                order: seed + 1234,
                init: seed,
            },
            milestones: Milestones::DIVERGED,
            trace: trace(),
            brackets: brackets(),
            diverged,
        };
        let diverged = Diverged {
            epoch: 1,
            step: 1,
            row: 0,
        };
        let group = Group {
            cell: 5,
            kernel: KernelChoice::Lanes,
            records: vec![record(8, Some(131), None), record(9, None, Some(diverged))],
            seed_steps: 1 << 40,
        };
        let mut encoder = Encoder::default();
        encoder.group(&group);
        assert_eq!(Decoder(&encoder.0).group().unwrap(), group);
        for end in 0..encoder.0.len() {
            assert_eq!(Decoder(&encoder.0[..end]).group(), None, "{end}");
        }
    }

    #[test]
    fn counts_beyond_the_bytes_there_are_allocate_nothing() {
        for count in [1, 1 << 20, u64::MAX / 8, u64::MAX] {
            let bytes = count.to_le_bytes();
            assert_eq!(Decoder(&bytes).f64s(), None);
            assert_eq!(Decoder(&bytes).trace(), None);
        }
        assert_eq!(Decoder(&[0xff; 64]).runs(), None);
        assert_eq!(Decoder(&[0xff; 64]).group(), None);
    }
}

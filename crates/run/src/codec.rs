//! Runs as bytes: traces, the evidence of times, states of training.

use sparsegrok_kernel::{Diverged, Figure, State};
use sparsegrok_log::bytes::{Decoder, Encoder};

use crate::bracket::Bracket;
use crate::detect::Brackets;
use crate::goal::GOALS;
use crate::progress::{RunSoFar, Stage};
use crate::trace::Trace;

/// A value with a form in bytes.
pub trait Coded: Sized {
    /// Writes it.
    fn encode(&self, to: &mut Encoder);

    /// Reads it; `None` where the bytes do not suffice or make no sense.
    fn decode(from: &mut Decoder<'_>) -> Option<Self>;
}

/// The bytes of a value.
pub fn to_bytes(value: &impl Coded) -> Vec<u8> {
    let mut encoder = Encoder::default();
    value.encode(&mut encoder);
    encoder.0
}

/// The value that some bytes are; `None` if they are not one value to the last byte.
pub fn from_bytes<T: Coded>(bytes: &[u8]) -> Option<T> {
    let mut decoder = Decoder(bytes);
    let value = T::decode(&mut decoder)?;
    decoder.0.is_empty().then_some(value)
}

/// A flag, and the place of divergence where there is one.
impl Coded for Option<Diverged> {
    fn encode(&self, to: &mut Encoder) {
        to.flag(self.is_some());
        if let Some(Diverged { epoch, step, row }) = *self {
            to.u64(epoch);
            to.u64(step);
            to.u32(row);
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        if !from.flag()? {
            return Some(None);
        }
        Some(Some(Diverged {
            epoch: from.u64()?,
            step: from.u64()?,
            row: from.u32()?,
        }))
    }
}

/// Epochs, then a column a figure, each with its name.
impl Coded for Trace {
    fn encode(&self, to: &mut Encoder) {
        to.u64(self.len() as u64);
        self.epochs().iter().for_each(|&epoch| to.u64(epoch));
        // A figure that never exists takes no bytes; that leaves the columns of any family small.
        let there = |figure: &Figure| self.figure(*figure).iter().any(|x| !x.is_nan());
        let figures: Vec<_> = Figure::ALL.into_iter().filter(there).collect();
        to.byte(figures.len() as u8);
        for figure in figures {
            to.name(figure.name());
            self.figure(figure).iter().for_each(|&x| to.f64(x));
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let count = from.u64()?;
        let count = from.count(count, size_of::<u64>())?;
        let epochs = (0..count).map(|_| from.u64()).collect::<Option<_>>()?;
        let mut columns = Vec::new();
        for _ in 0..from.byte()? {
            // A version with other figures may have written this: a name that is not known here costs its
            // own column alone.
            let figure = Figure::of(from.name()?);
            let count = from.count(count as u64, size_of::<f64>())?;
            let column: Vec<f64> = (0..count).map(|_| from.f64()).collect::<Option<_>>()?;
            columns.extend(figure.map(|figure| (figure, column)));
        }
        Some(Trace::of_columns(epochs, columns))
    }
}

/// For each threshold the two sightings, then the epochs of its being confirmed and lost.
impl Coded for Brackets {
    fn encode(&self, to: &mut Encoder) {
        for bracket in self {
            let &Bracket {
                below,
                at,
                confirmed,
                lost,
            } = bracket;
            for sighting in [below, at] {
                // Epochs are counted from 1: 0 stands for none. Evidence at 0 is of a foreign run, in whose trace it
                // is found again.
                let sighting = sighting.filter(|(epoch, _)| *epoch > 0);
                let (epoch, value) = sighting.unwrap_or((0, 0.0));
                to.u64(epoch);
                to.f64(value);
            }
            for epoch in [confirmed, lost] {
                to.u64(epoch.unwrap_or(0));
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let mut brackets = [Bracket::NONE; GOALS];
        for bracket in &mut brackets {
            let mut sighting = || {
                let (epoch, value) = (from.u64()?, from.f64()?);
                match epoch {
                    // No sighting has one form only, so that what is read is written back as it was.
                    0 => (value.to_bits() == 0).then_some(None),
                    _ => Some(Some((epoch, value))),
                }
            };
            let (below, at) = (sighting()?, sighting()?);
            let mut epoch = || from.u64().map(|epoch| (epoch > 0).then_some(epoch));
            *bracket = Bracket {
                below,
                at,
                confirmed: epoch()?,
                lost: epoch()?,
            };
        }
        Some(brackets)
    }
}

/// Epoch, step and the words of random streams, then arrays with their names.
impl Coded for State {
    fn encode(&self, to: &mut Encoder) {
        let State {
            epoch,
            step,
            words,
            arrays,
        } = self;
        for &word in [epoch, step].into_iter().chain(words) {
            to.u64(word);
        }
        // Names belong to the family: a state of another layout is refused, not misread.
        to.byte(arrays.iter().len() as u8);
        for (name, values) in arrays.iter() {
            to.name(name);
            to.f64s(values);
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let [epoch, step] = [from.u64()?, from.u64()?];
        let words = [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
        let arrays = (0..from.byte()?).map(|_| {
            let name = from.name()?.to_owned();
            Some((name.into(), from.f64s()?))
        });
        Some(State {
            epoch,
            step,
            words,
            arrays: arrays.collect::<Option<_>>()?,
        })
    }
}

/// The trace and the evidence so far, then the stage by its number.
impl Coded for RunSoFar {
    fn encode(&self, to: &mut Encoder) {
        self.trace.encode(to);
        self.brackets.encode(to);
        match &self.stage {
            Stage::Waiting => to.byte(0),
            Stage::Going(state) => {
                to.byte(1);
                state.encode(to);
            }
            Stage::Ended(diverged) => {
                to.byte(2);
                diverged.encode(to);
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            trace: Coded::decode(from)?,
            brackets: Coded::decode(from)?,
            stage: match from.byte()? {
                0 => Stage::Waiting,
                1 => Stage::Going(Coded::decode(from)?),
                2 => Stage::Ended(Coded::decode(from)?),
                _ => return None,
            },
        })
    }
}

/// The bytes of a group under way, whose runs lie among those of others: those of a vector of them.
pub(crate) fn group_to_bytes(runs: &[&RunSoFar]) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encode_group(runs.iter().copied(), &mut encoder);
    encoder.0
}

fn encode_group<'r>(runs: impl ExactSizeIterator<Item = &'r RunSoFar>, to: &mut Encoder) {
    to.u32(runs.len() as u32);
    runs.for_each(|run| run.encode(to));
}

/// The runs of a group under way.
impl Coded for Vec<RunSoFar> {
    fn encode(&self, to: &mut Encoder) {
        encode_group(self.iter(), to);
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let count = from.u32()?.into();
        let count = from.count(count, size_of::<u64>() + 1)?;
        (0..count).map(|_| RunSoFar::decode(from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_kernel::{Arrays, Evaluation};

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
        let bytes = to_bytes(&runs());
        let read: Vec<RunSoFar> = from_bytes(&bytes).unwrap();
        assert_eq!(read, runs());
        let Stage::Going(state) = &read[1].stage else {
            panic!("{:?}", read[1].stage);
        };
        let signal = state.arrays.get("signal").unwrap();
        assert_eq!(signal[0].to_bits(), (-0.0_f64).to_bits());
        for end in 0..bytes.len() {
            assert_eq!(from_bytes::<Vec<RunSoFar>>(&bytes[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_log_with_other_figures_is_read() {
        let name = Figure::MarginMin.name().as_bytes();
        let mut bytes = to_bytes(&runs());
        for at in 0..bytes.len() - name.len() {
            if &bytes[at..at + name.len()] == name {
                bytes[at..at + name.len()].copy_from_slice(b"margin_max");
            }
        }
        let read: Vec<RunSoFar> = from_bytes(&bytes).unwrap();
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
        let whole = to_bytes(&runs());
        let mut read = 0;
        for at in 0..whole.len() {
            for other in [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = other;
                if let Some(runs) = from_bytes::<Vec<RunSoFar>>(&bytes) {
                    let again = to_bytes(&runs);
                    // The bytes may be fewer: a figure with an unknown name is left out.
                    assert!(again.len() <= bytes.len(), "byte {at} as {other}");
                    let twice: Vec<RunSoFar> = from_bytes(&again).expect("the bytes just written");
                    assert!(to_bytes(&twice) == again, "byte {at} as {other}");
                    read += 1;
                }
            }
        }
        assert!(read > 0);
    }

    #[test]
    fn counts_beyond_the_bytes_there_are_allocate_nothing() {
        for count in [1, 1 << 20, u64::MAX / 8, u64::MAX] {
            let bytes = count.to_le_bytes();
            assert_eq!(from_bytes::<Trace>(&bytes), None);
        }
        assert_eq!(from_bytes::<Vec<RunSoFar>>(&[0xff; 64]), None);
    }
}

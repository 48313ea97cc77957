//! Finished groups as bytes, as the log holds them.

use sparsegrok_kernel::KernelChoice;
use sparsegrok_log::bytes::{Decoder, Encoder};
use sparsegrok_run::codec::Coded;
use sparsegrok_run::{Anomalies, Milestones, RunSeeds};

use crate::group::{Group, Record};

/// Kernels, by the numbers that stand for them.
const KERNELS: [KernelChoice; 4] = [
    KernelChoice::Auto,
    KernelChoice::Scalar,
    KernelChoice::Lanes,
    KernelChoice::Dense,
];

/// The group's own numbers, then its records: seeds, divergence, trace and evidence of times.
impl Coded for Group {
    fn encode(&self, to: &mut Encoder) {
        to.u64(self.cell as u64);
        let kernel = KERNELS.iter().position(|&kernel| kernel == self.kernel);
        to.byte(kernel.unwrap_or(0) as u8);
        to.u64(self.seed_steps);
        to.u32(self.records.len() as u32);
        for record in &self.records {
            let RunSeeds {
                seed,
                data,
                order,
                init,
                noise,
            } = record.seeds;
            let there = [data, noise].map(|seed| u8::from(seed.is_some()));
            to.byte(there[0] | there[1] << 1);
            for seed in [seed, data.unwrap_or(0), order, init] {
                to.u64(seed);
            }
            noise.into_iter().for_each(|seed| to.u64(seed));
            record.diverged.encode(to);
            record.trace.encode(to);
            // Milestones and anomalies are not written: they follow from the rest and from thresholds, which may
            // be others when the log is read.
            record.brackets.encode(to);
        }
    }

    /// The milestones and anomalies of its records are still to be found.
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let cell = usize::try_from(from.u64()?).ok()?;
        let kernel = *KERNELS.get(usize::from(from.byte()?))?;
        let seed_steps = from.u64()?;
        let count = from.u32()?.into();
        let count = from.count(count, 4 * size_of::<u64>())?;
        let records = (0..count).map(|_| {
            // Bit 0 tells of the data's seed, bit 1 of the label noise's.
            let there = from.byte()?;
            if there > 3 {
                return None;
            }
            let [seed, data, order, init] = [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
            Some(Record {
                cell,
                seeds: RunSeeds {
                    seed,
                    data: (there & 1 != 0).then_some(data),
                    order,
                    init,
                    noise: match there & 2 {
                        0 => None,
                        _ => Some(from.u64()?),
                    },
                },
                milestones: Milestones::DIVERGED,
                anomalies: Anomalies::NONE,
                diverged: Coded::decode(from)?,
                trace: Coded::decode(from)?,
                brackets: Coded::decode(from)?,
            })
        });
        Some(Self {
            cell,
            kernel,
            records: records.collect::<Option<_>>()?,
            seed_steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_kernel::{Diverged, Evaluation, Figure};
    use sparsegrok_run::codec::{from_bytes, to_bytes};
    use sparsegrok_run::thresholds::Bracket;

    #[test]
    fn finished_groups_are_read_as_they_were_written() {
        let first = Evaluation::new(4).with(Figure::TrainAcc, 0.1 + 0.2);
        let seen = Bracket {
            at: Some((4, f64::NAN)),
            confirmed: Some(9),
            ..Bracket::NONE
        };
        let record = |seed, data, diverged| Record {
            cell: 5,
            seeds: RunSeeds {
                seed,
                data,
                order: seed + 1234,
                init: seed,
                noise: data.map(|seed| seed + 1),
            },
            milestones: Milestones::DIVERGED,
            anomalies: Anomalies::NONE,
            trace: [first, Evaluation::new(9)].into_iter().collect(),
            brackets: [seen, Bracket::NONE, Bracket::NONE, seen],
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
        let bytes = to_bytes(&group);
        assert_eq!(from_bytes::<Group>(&bytes).unwrap(), group);
        for end in 0..bytes.len() {
            assert_eq!(from_bytes::<Group>(&bytes[..end]), None, "{end}");
        }
        // A count beyond the bytes there are allocates nothing.
        assert_eq!(from_bytes::<Group>(&[0xff; 64]), None);
    }
}

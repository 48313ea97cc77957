//! Training time where the learning rate varies.

/// The course of a learning rate, which maps epochs to *training time*: the sum of η over them, in units of what an
/// epoch at the base learning rate adds.
///
/// Decay and gradients are both in proportion to η, and the margins at which they balance do not depend on it: so
/// what happens at one time of a constant learning rate happens at the same training time of another course, as long
/// as η changes little while margins settle. The default is the constant course, whose training time is the epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Training time at the end of each span; empty for the constant course.
    ends: Vec<f64>,
    /// The sum of squares of the parts, over epochs, at the end of each span.
    squares: Vec<f64>,
    /// Epochs of a span.
    span: f64,
    /// Part of the base learning rate from the last span on.
    after: f64,
}

impl Course {
    /// The course whose mean learning rates over spans of `span` epochs are these parts of the base learning rate, and
    /// which goes on at the part `after` when they are over.
    ///
    /// # Panics
    /// When there is no span or it is not above zero, or a part is negative.
    pub fn new(parts: impl IntoIterator<Item = f64>, span: f64, after: f64) -> Self {
        let ends = parts.into_iter().scan(0.0, |time, part| {
            assert!(part >= 0.0, "part {part} of the learning rate is below 0");
            *time += part * span;
            Some(*time)
        });
        let ends: Vec<f64> = ends.collect();
        let mut before = 0.0;
        let squares = ends.iter().scan(0.0, |sum, &end| {
            let gained = end - before;
            before = end;
            *sum += gained * gained / span;
            Some(*sum)
        });
        let squares = squares.collect();
        assert!(
            !ends.is_empty() && span > 0.0 && after >= 0.0,
            "{} spans of {span} epochs, and {after} after them",
            ends.len()
        );
        Self {
            ends,
            squares,
            span,
            after,
        }
    }

    /// Tells if the learning rate does not vary.
    pub fn is_constant(&self) -> bool {
        self.ends.is_empty()
    }

    /// Training time at the end of an epoch.
    pub fn time_at(&self, epoch: f64) -> f64 {
        let Some(&end) = self.ends.last() else {
            return epoch;
        };
        let spans = epoch / self.span;
        let whole = spans as usize;
        match self.ends.get(whole) {
            None => end + self.after * (epoch - self.span * self.ends.len() as f64),
            Some(&after) => {
                let before = self.before(whole);
                before + (after - before) * (spans - whole as f64)
            }
        }
    }

    /// The epoch at which training time is `time`; `None` if it never is.
    pub fn epoch_at(&self, time: f64) -> Option<f64> {
        let Some(&end) = self.ends.last() else {
            return Some(time);
        };
        let whole = self.ends.partition_point(|&end| end < time);
        let Some(&after) = self.ends.get(whole) else {
            let epochs = self.span * self.ends.len() as f64;
            return (self.after > 0.0).then(|| epochs + (time - end) / self.after);
        };
        let before = self.before(whole);
        // A span of no learning ends at the time it began, and so is never the first to reach one above zero.
        let part = if after > before {
            (time - before) / (after - before)
        } else {
            0.0
        };
        Some(self.span * (whole as f64 + part))
    }

    /// The part of the base learning rate that is taken at a training time.
    pub(crate) fn part_at(&self, time: f64) -> f64 {
        if self.is_constant() {
            return 1.0;
        }
        let span = self.ends.partition_point(|&end| end < time);
        let end = self.ends.get(span);
        end.map_or(self.after, |end| (end - self.before(span)) / self.span)
    }

    /// ∫ρ²/∫ρ of the parts ρ up to a training time: what a visit up to then weighs where some weigh more than others.
    pub(crate) fn weight_up_to(&self, time: f64) -> f64 {
        if self.is_constant() || time <= 0.0 {
            return self.part_at(0.0);
        }
        let span = self.ends.partition_point(|&end| end < time);
        let before = span.checked_sub(1).map_or(0.0, |last| self.squares[last]);
        (before + self.part_at(time) * (time - self.before(span))) / time
    }

    /// Training time at the begin of a span.
    fn before(&self, span: usize) -> f64 {
        span.checked_sub(1).map_or(0.0, |last| self.ends[last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    #[test]
    fn a_constant_course_is_that_of_epochs() {
        let constant = Course::default();
        assert!(constant.is_constant());
        assert_eq!(constant.time_at(7.5), 7.5);
        assert_eq!(constant.epoch_at(1e9), Some(1e9));
    }

    #[test]
    fn times_and_epochs_are_inverse() {
        let course = Course::new([0.5, 1.0, 0.0, 0.25], 10.0, 0.125);
        for (epoch, time) in [
            (0.0, 0.0),
            (5.0, 2.5),
            (10.0, 5.0),
            (19.0, 14.0),
            (20.0, 15.0),
            (38.0, 17.0),
            (40.0, 17.5),
            (48.0, 18.5),
        ] {
            assert_close(course.time_at(epoch), time, 1e-14);
            assert_close(course.epoch_at(time).unwrap(), epoch, 1e-14);
        }
        // Nothing is learnt in the third span.
        assert_eq!(course.time_at(25.0), 15.0);
    }

    #[test]
    fn a_course_that_ends_never_gets_further() {
        let course = Course::new([1.0, 0.5], 100.0, 0.0);
        assert_eq!(course.time_at(1e6), 150.0);
        assert_eq!(course.epoch_at(150.0), Some(200.0));
        assert_eq!(course.epoch_at(150.1), None);
    }

    #[test]
    fn parts_and_weights_are_those_of_visits() {
        let course = Course::new([0.5, 1.0], 10.0, 0.25);
        assert_eq!(
            [4.0, 6.0, 16.0].map(|time| course.part_at(time)),
            [0.5, 1.0, 0.25]
        );
        assert_close(course.weight_up_to(4.0), 0.5, 1e-14);
        // ¼ over 10 epochs and 1 over 5, of a time of 5 and 5.
        assert_close(course.weight_up_to(10.0), 7.5 / 10.0, 1e-14);
        assert_close(course.weight_up_to(17.0), 13.0 / 17.0, 1e-14);
        assert_eq!(Course::default().weight_up_to(3.0), 1.0);
    }
}

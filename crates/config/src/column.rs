//! Columns of traces and tables.

/// A column of a trace: the epoch, or one figure of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the field of the kernel's `Evaluation` of that name"
)]
pub enum Column {
    Epoch,
    TrainAcc,
    TestAcc,
    PopulationAcc,
    TrainLoss,
    TestLoss,
    GapLoss,
    GapAcc,
    WeightNorm,
    SignalNorm,
    MemorizationNorm,
    MemorizationShare,
    MarginMin,
    MarginMean,
    TeacherCosine,
    TeacherDistance,
    Objective,
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 17] = [
        Self::Epoch,
        Self::TrainAcc,
        Self::TestAcc,
        Self::PopulationAcc,
        Self::TrainLoss,
        Self::TestLoss,
        Self::GapLoss,
        Self::GapAcc,
        Self::WeightNorm,
        Self::SignalNorm,
        Self::MemorizationNorm,
        Self::MemorizationShare,
        Self::MarginMin,
        Self::MarginMean,
        Self::TeacherCosine,
        Self::TeacherDistance,
        Self::Objective,
    ];

    /// The column of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// The name in headers and configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::TrainAcc => "train_acc",
            Self::TestAcc => "test_acc",
            Self::PopulationAcc => "population_acc",
            Self::TrainLoss => "train_loss",
            Self::TestLoss => "test_loss",
            Self::GapLoss => "gap_loss",
            Self::GapAcc => "gap_acc",
            Self::WeightNorm => "weight_norm",
            Self::SignalNorm => "signal_norm",
            Self::MemorizationNorm => "memorization_norm",
            Self::MemorizationShare => "memorization_share",
            Self::MarginMin => "margin_min",
            Self::MarginMean => "margin_mean",
            Self::TeacherCosine => "teacher_cosine",
            Self::TeacherDistance => "teacher_distance",
            Self::Objective => "objective",
        }
    }
}

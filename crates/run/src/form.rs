//! The form in which runs are trained: the kernel, the runs side by side, what they share, and the reason.

use std::fmt;

use sparsegrok_kernel::{KernelChoice, Sharing};

/// The runs that are put side by side, of those that are trained together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// So many seeds of one configuration.
    Seeds(usize),
    /// One seed of so many configurations that [share visits](crate::models::Family::shares_visits).
    Cells(usize),
    /// So many models of one run, as it has one for each class.
    Models(usize),
}

impl Company {
    /// The number that go side by side, where lanes suffice.
    pub fn runs(self) -> usize {
        match self {
            Self::Seeds(runs) | Self::Cells(runs) | Self::Models(runs) => runs,
        }
    }
}

/// The form in which runs are trained. It is shown in words, such as `lanes: 8 seeds side by side, each with rows and
/// order of its own`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The kernel that runs.
    pub kernel: KernelChoice,
    /// The runs that it has beside each other, if it has lanes.
    pub company: Company,
    /// The part of their visits that these have in common.
    pub sharing: Sharing,
    /// The reason why runs go alone where they do, to complete "as …".
    pub alone: &'static str,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kernel = match self.kernel {
            KernelChoice::Lanes => "lanes",
            KernelChoice::Dense => "dense",
            // A form's kernel is never `Auto`: that has been resolved.
            KernelChoice::Scalar | KernelChoice::Auto => "scalar",
        };
        let company = match self.company {
            company if company.runs() < 2 || kernel != "lanes" => {
                return write!(f, "{kernel}: one run at a time, as {}", self.alone);
            }
            Company::Seeds(seeds) => format!("{seeds} seeds"),
            Company::Cells(cells) => format!("{cells} cells of one seed"),
            Company::Models(models) => format!("the {models} models of one run"),
        };
        let sharing = match self.sharing {
            Sharing::Rows => "which share rows and order",
            Sharing::Columns => "which share rows and order, but for labels",
            Sharing::Order => "each with rows of its own, in one order",
            Sharing::Nothing => "each with rows and order of its own",
        };
        write!(f, "{kernel}: {company} side by side, {sharing}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_told_in_words() {
        let told = |kernel, company, sharing| {
            let alone = "`kernel` asks";
            let form = Form {
                kernel,
                company,
                sharing,
                alone,
            };
            form.to_string()
        };
        use KernelChoice::{Dense, Lanes, Scalar};
        let lanes = |company, sharing| told(Lanes, company, sharing);
        for (form, words) in [
            (
                lanes(Company::Cells(16), Sharing::Rows),
                "lanes: 16 cells of one seed side by side, which share rows and order",
            ),
            (
                lanes(Company::Seeds(8), Sharing::Nothing),
                "lanes: 8 seeds side by side, each with rows and order of its own",
            ),
            (
                lanes(Company::Seeds(3), Sharing::Order),
                "lanes: 3 seeds side by side, each with rows of its own, in one order",
            ),
            (
                lanes(Company::Models(5), Sharing::Columns),
                "lanes: the 5 models of one run side by side, which share rows and order, but for labels",
            ),
            (
                lanes(Company::Seeds(1), Sharing::Nothing),
                "lanes: one run at a time, as `kernel` asks",
            ),
            (
                told(Scalar, Company::Seeds(8), Sharing::Nothing),
                "scalar: one run at a time, as `kernel` asks",
            ),
            (
                told(Dense, Company::Cells(2), Sharing::Rows),
                "dense: one run at a time, as `kernel` asks",
            ),
        ] {
            assert_eq!(form, words);
        }
    }
}

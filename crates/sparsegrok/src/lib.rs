//! Delayed generalization ("grokking") at full speed: sparse SGD for linear models whose training
//! rows each own a *memorization* column, in O(nnz) per step.
//!
//! - [`data`]: what an example is — datasets, synthetic problems, svmlight files;
//! - [`config`]: every setting, presets, files and flags;
//! - [`kernel`]: training and evaluation;
//! - [`theory`]: when a setting groks, in closed form;
//! - [`statistics`]: shares, censored times and differences, with honest intervals;
//! - [`log`]: finished groups of runs, and checkpoints of those under way;
//! - [`run`]: one configuration, one trace, and when it memorized and generalized;
//! - [`study`]: grids of configurations times seeds, their results and summaries;
//! - [`analysis`]: explanations, comparisons, cautions, validation.
//!
//! The feature `report` adds `plot` and `report`: pictures of studies, and one page of them.
//!
//! Data flows one way: configuration → problem → training → trace → what became of it.
//!
//! ```
//! use sparsegrok::config::{Config, EvaluateSpec, Evaluations};
//! use sparsegrok::data::{SyntheticSpec, generate};
//! use sparsegrok::kernel::{Init, Sgd};
//! use sparsegrok::run::{Status, run};
//!
//! let config = Config {
//!     synthetic: SyntheticSpec {
//!         signal_scale: 0.1,
//!         memorization_scale: 5.0,
//!         ..SyntheticSpec::default()
//!     },
//!     train: Sgd {
//!         weight_decay: 1e-4,
//!         epochs: 3000,
//!         init: Init::Orthogonal,
//!         init_norm: 100.0,
//!         ..Sgd::default()
//!     },
//!     evaluate: EvaluateSpec { evaluations: Evaluations::Points(150), ..EvaluateSpec::default() },
//!     ..Config::default()
//! };
//! let problem = generate(&config.synthetic)?;
//! let run = run(&config, &problem)?;
//!
//! let milestones = run.milestones;
//! assert_eq!(milestones.status, Status::Grokked);
//! assert!(milestones.t_gen.at > Some(1000.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A model of one's own rows in one call, and a study of 64 seeds, eight at a time on each core:
//!
//! ```
//! use sparsegrok::data::{Dataset, TargetKind};
//! use sparsegrok::kernel::{Figure, Sgd};
//! use sparsegrok::study::Study;
//!
//! let rows = Dataset::dense(&[1.0, 2.0, -1.0, 0.5], 2, &[1.0, -1.0], TargetKind::Sign)?;
//! let sgd = Sgd { learning_rate: 0.1, epochs: 50, ..Sgd::default() };
//! let model = sgd.fit(&rows.memorizing(1.0))?;
//! assert!(model.score(&[1.0, 2.0]) > 0.0);
//!
//! let study = Study::preset("grok-a").set("n_train", 128).set("epochs", 1500);
//! let found = study.seeds(0..64).vary("weight_decay", [4e-4, 8e-4]).run()?;
//! assert!(found.cell(1).grok_rate.expect("64 runs").low > 0.7);
//! let accuracy: &[f64] = found.runs[0].trace.figure(Figure::PopulationAcc);
//! assert_eq!(accuracy.len(), found.runs[0].trace.epochs().len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same seeds give the same bits everywhere: no result depends on the machine's instruction
//! set, on threads, or on the platform's mathematics library.

#[doc(inline)]
pub use sparsegrok_analysis as analysis;
#[doc(inline)]
pub use sparsegrok_config as config;
#[doc(inline)]
pub use sparsegrok_data as data;
#[doc(inline)]
pub use sparsegrok_kernel as kernel;
#[doc(inline)]
pub use sparsegrok_log as log;
#[doc(inline)]
pub use sparsegrok_network as network;
#[cfg(feature = "report")]
#[doc(inline)]
pub use sparsegrok_plot as plot;
#[cfg(feature = "report")]
#[doc(inline)]
pub use sparsegrok_report as report;
#[doc(inline)]
pub use sparsegrok_run as run;
#[doc(inline)]
pub use sparsegrok_statistics as statistics;
#[doc(inline)]
pub use sparsegrok_study as study;
#[doc(inline)]
pub use sparsegrok_theory as theory;

//! Delayed generalization ("grokking") at full speed: sparse SGD for linear models whose training
//! rows each own a *memorization* column, in O(nnz) per step.
//!
//! - [`data`]: what an example is — datasets, synthetic problems, svmlight files;
//! - [`kernel`]: training and evaluation;
//! - [`theory`]: when a setting groks, in closed form;
//! - [`statistics`]: shares, censored times and differences, with honest intervals;
//! - [`study`]: configurations, presets, runs and what they show.
//!
//! Data flows one way: configuration → problem → training → trace → what became of it.
//!
//! ```
//! use sparsegrok::data::{SyntheticSpec, generate};
//! use sparsegrok::kernel::{Init, TrainSpec};
//! use sparsegrok::study::{Config, EvaluateSpec, Status, run};
//!
//! let config = Config {
//!     synthetic: SyntheticSpec {
//!         signal_scale: 0.1,
//!         memorization_scale: 5.0,
//!         ..SyntheticSpec::default()
//!     },
//!     train: TrainSpec {
//!         weight_decay: 1e-4,
//!         epochs: 3000,
//!         init: Init::Orthogonal,
//!         init_norm: 100.0,
//!         ..TrainSpec::default()
//!     },
//!     evaluate: EvaluateSpec { eval_points: Some(150), ..EvaluateSpec::default() },
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
//! And a study of 64 seeds, eight at a time on each core:
//!
//! ```
//! use std::ops::ControlFlow;
//! use std::sync::atomic::AtomicBool;
//! use sparsegrok::study::{Settings, Status, Study};
//!
//! let flags = [("seeds", "0..64"), ("n_train", "128"), ("epochs", "1500")];
//! let config = Settings::layered(Some("grok-a"), None, &flags)?.config()?;
//! let mut grokked = 0;
//! Study::new(config)?.run(&AtomicBool::new(false), |group| {
//!     let runs = group.records.iter();
//!     grokked += runs.filter(|run| run.milestones.status == Status::Grokked).count();
//!     ControlFlow::Continue(())
//! })?;
//! println!("{grokked} of 64 grokked");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same seeds give the same bits everywhere: no result depends on the machine's instruction
//! set, on threads, or on the platform's mathematics library.

#[doc(inline)]
pub use sparsegrok_data as data;
#[doc(inline)]
pub use sparsegrok_kernel as kernel;
#[doc(inline)]
pub use sparsegrok_statistics as statistics;
#[doc(inline)]
pub use sparsegrok_study as study;
#[doc(inline)]
pub use sparsegrok_theory as theory;

//! x
mod figure; mod palette; mod scale; mod text; mod svg; mod png; mod keys;

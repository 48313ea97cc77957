//! SVG to PNG, with the built-in fonts and none of the system's.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::text::{BOLD, REGULAR};

/// Pixels a px: three make 288 to the inch.
const SCALE: f32 = 3.0;

/// An error of rendering a picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PngError {
    /// The text is not an SVG picture.
    #[error("the picture cannot be drawn: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The picture is empty or larger than an image can be.
    #[error("the picture of {width} × {height} px is too large")]
    Size {
        /// Width in px.
        width: f32,
        /// Height in px.
        height: f32,
    },
    /// The pixels cannot be written.
    #[error("the picture cannot be encoded: {0}")]
    Encode(String),
}

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    Arc::new(fonts)
});

/// Renders a picture that [`draw`](crate::draw) made for print as PNG, at 288 pixels to the inch.
///
/// # Errors
/// When the text is not an SVG picture, or the picture is too large for an image.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options)?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let pixels = |length: f32| (length * SCALE).ceil() as u32;
    let mut pixmap =
        Pixmap::new(pixels(width), pixels(height)).ok_or(PngError::Size { width, height })?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixmap.as_mut(),
    );
    pixmap
        .encode_png()
        .map_err(|error| PngError::Encode(error.to_string()))
}

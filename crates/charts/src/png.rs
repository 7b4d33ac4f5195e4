//! PNG files: encoding pixels, and drawing SVG as pixels.

use std::sync::Arc;

use error::{Code, Error, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::text;

/// The largest width or height of a picture in pixels.
const LARGEST: f32 = 16_384.0;

/// Encodes `pixels` (red, green, blue, alpha of each pixel, row by row) with text chunks of (keyword, text).
///
/// # Errors
///
/// [`Code::Internal`] if the encoder fails, for example if the number of pixels does not fit `size`.
pub fn encode(size: [usize; 2], pixels: &[u8], texts: &[(&str, &str)]) -> Result<Vec<u8>> {
    let failed = |reason: png::EncodingError| {
        Error::new(
            Code::Internal,
            format!("a picture of {} by {} pixels cannot be encoded: {reason}", size[0], size[1]),
        )
    };
    let mut bytes = Vec::new();
    let [width, height] = size.map(|length| u32::try_from(length).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    for (keyword, text) in texts {
        encoder.add_itxt_chunk((*keyword).to_owned(), (*text).to_owned()).map_err(failed)?;
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// Draws an SVG document with `scale` pixels for each of its pixels.
///
/// # Errors
///
/// [`Code::InvalidOption`] if the picture would have no pixel, or more than 16,384 in a row or column.
pub fn draw(svg: &str, scale: f32, texts: &[(&str, &str)]) -> Result<Vec<u8>> {
    let options =
        Options { fontdb: Arc::new(text::fonts(svg)), font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options)
        .map_err(|reason| Error::new(Code::Internal, format!("a drawing cannot be read again: {reason}")))?;
    let [width, height] = [tree.size().width() * scale, tree.size().height() * scale].map(f32::ceil);
    let fits = |length: f32| (1.0..=LARGEST).contains(&length);
    let pixmap = if fits(width) && fits(height) { Pixmap::new(width as u32, height as u32) } else { None };
    let Some(mut pixmap) = pixmap else {
        let message = format!(
            "a picture of {width} by {height} pixels cannot be made; each side may have 1 to {LARGEST} pixels: \
             choose another scale"
        );
        return Err(Error::new(Code::InvalidOption, message));
    };
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    encode([width as usize, height as usize], &straight(&pixmap), texts)
}

/// The pixels with colours that are not multiplied by their opacity, as in PNG files.
pub fn straight(pixmap: &Pixmap) -> Vec<u8> {
    let straight = pixmap.pixels().iter().map(|pixel| pixel.demultiply());
    straight.flat_map(|colour| [colour.red(), colour.green(), colour.blue(), colour.alpha()]).collect()
}

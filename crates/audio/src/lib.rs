//! Audio files of any format and age to mono f32 at one sampling rate, and to segments.

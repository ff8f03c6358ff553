//! What a link delivers when its stream is cut, at every byte, in both directions.

mod cable;
mod records;

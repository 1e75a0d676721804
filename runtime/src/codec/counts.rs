//! What became of the records that a decoder read.

/// How many records went which way, since the decoder was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeCounts {
    /// Records that were laid out as an earlier one.
    pub template: u64,
    /// Records that were walked.
    pub walk: u64,
    /// Records that went through the parser.
    pub parser: u64,
    /// CloudEvents of other types, which are no events of this stream.
    pub other_type: u64,
    /// Records of a change topic that only say that a row is gone.
    pub tombstones: u64,
    /// Lines that only name the columns.
    pub heads: u64,
    /// Bad records.
    pub bad: u64,
}

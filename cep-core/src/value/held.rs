//! About how many bytes a value holds in memory.

use serde::Serialize;

/// The bytes of a value where it stands or, if that is more, as a checkpoint writes it: so lists,
/// texts and maps count by what is in them. It allocates nothing.
pub(crate) fn held_bytes<T: Serialize>(value: &T) -> usize {
    // Measuring plain data has no way to fail.
    postcard::experimental::serialized_size(value).unwrap_or(0).max(size_of::<T>())
}

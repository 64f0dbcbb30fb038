//! corridor

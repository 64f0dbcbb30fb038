//! mldsa-mu

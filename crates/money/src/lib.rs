//! Money: amounts that cannot mix assets, wrap, round or go negative.
//!
//! This is the bottom of the dependency graph. It knows asset codes and integers.
//!
//! It is not a calculator: there is no multiplication, no division, no interest and no exchange
//! rate, because each of those has to say where its remainder goes. It knows nothing about
//! accounts, JSON or SQL.
//!
//! # Invariants
//!
//! - An [`Amount`] is `0..=i64::MAX` minor units, so it always fits a 64-bit signed SQL column.
//! - Arithmetic on two amounts fails unless their assets are equal; nothing wraps or saturates.
//! - Text is read without rounding: what does not fit the asset's scale is refused.
//!
//! # Example
//!
//! ```
//! use money::{Amount, Asset, AssetCode};
//!
//! let eur = Asset::iso(AssetCode::EUR).unwrap();
//! let price = Amount::parse_decimal("1234.56", eur)?;
//! assert_eq!(price.minor(), 123_456);
//! assert_eq!(price.format(eur.scale()), "1,234.56");
//! assert!(price.checked_add(Amount::new(1, "JPY".parse().unwrap())?).is_err());
//! # Ok::<(), money::AmountError>(())
//! ```

mod amount;
mod asset;
mod rate;
mod text;

pub use amount::{Amount, AmountError};
pub use asset::{Asset, AssetCode, AssetError};
pub use rate::Rate;

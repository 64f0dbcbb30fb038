//! Registers: small tables of authority in which every row is what its last leaf says.
//!
//! Roles, grants, rules about addresses: they change seldom, by a signed intent each, and the server reads them far more
//! often than it writes them. A feature that keeps one declares its [`Register`] and one pure [`Rule`] per kind of intent.
//! From these follow the writing, the values in the leaf, the offline replay and the comparison of every row.
//!
//! | file | holds |
//! |---|---|
//! | [`row`] | registers, rows, and their one text |
//! | [`rule`] | what a rule is asked and answers, and which kind has which |
//! | [`service`] | a rule applied inside the poster's transaction |
//! | [`store`] | SQL, made from the registers' declarations |
//!
//! # Invariants
//!
//! - A row is written whole, by one accepted intent, and its text stands in that leaf under `<table> <key>`.
//! - A row never goes: what ends says so in a column.
//! - A rule sees only what it asked for, and decides the same from the database as from the log.

mod row;
mod rule;
pub(crate) mod service;
mod store;

use crate::{
    approvals, authority, beneficiaries, credentials, holds, interest, ip_rules, payment_files,
    policies, roles, standing_orders, statements, users, webhooks,
};

pub(crate) use self::row::{Column, Register, Row, Rows};
pub(crate) use self::rule::{Issuing, Lookup, Person, Question, Rule, rule};
pub(crate) use self::store::{
    Order, Page, load, load_all, load_among, load_by_key, load_page, lock_rows,
};

/// Every register of the bank.
pub(crate) const ALL: &[&Register] = &[
    &users::locks::LOCKS,
    &users::registrations::REGISTRATIONS,
    &users::registrations::RECOVERY_LIMITS,
    &users::registrations::RECOVERY_PAYMENTS,
    &credentials::changes::CREDENTIAL_CHANGES,
    &roles::ROLES,
    &roles::ROLE_GRANTS,
    &ip_rules::rules::IP_RULES,
    &policies::rules::POLICIES,
    &policies::rules::PROPOSALS,
    &approvals::APPROVALS,
    &holds::HOLDS,
    &holds::REVERSALS,
    &authority::rules::AUTHORITIES,
    &beneficiaries::BENEFICIARIES,
    &standing_orders::STANDING_ORDERS,
    &standing_orders::STANDING_ORDER_RUNS,
    &payment_files::PAYMENT_FILES,
    &interest::ACCRUALS,
    &statements::STATEMENTS,
    &webhooks::rules::WEBHOOKS,
];

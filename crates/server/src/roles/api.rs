//! HTTP for roles and permissions: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use std::collections::BTreeMap;

use axum::extract::State;
use intent::{Kind, Role, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, CustomRole, Explanation};
use super::store::{PeoplePage, PersonRow};
use crate::corridor::api::submit_kind;
use crate::corridor::{Answer, OriginInfo};
use crate::http::{Enveloped, Json, Query};
use crate::policy::routes::{Access, ROUTES, Route, area, leading_to, level_of};
use crate::policy::{Permission, Permissions, permissions};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::wire::page_limit;
use crate::{App, wire};

/// People in one page at most.
const PAGE_MAX: i64 = 200;
/// People in one page where nothing is asked.
const PAGE_DEFAULT: i64 = 50;
/// Longest text that is searched for, in characters.
const SEARCH_CHARS_MAX: usize = 120;

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(rbac_roles))
        .routes(routes!(rbac_permissions))
        .routes(routes!(rbac_check))
        .routes(routes!(rbac_navigation))
        .routes(routes!(people))
        .routes(routes!(custom_roles, define))
        .routes(routes!(grant))
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoleView {
    name: String,
    /// Whether certificates are made for it; otherwise it narrows `base`.
    built_in: bool,
    base: String,
    permissions: Vec<&'static str>,
    /// Whether it may be granted and gives anything.
    active: bool,
}

impl RoleView {
    fn built_in(role: Role) -> Self {
        Self {
            name: role.name().to_owned(),
            built_in: true,
            base: role.name().to_owned(),
            permissions: names(permissions(role)),
            active: true,
        }
    }

    fn custom(role: &CustomRole) -> Self {
        let text = |column| role.row.get(column).unwrap_or_default();
        Self {
            name: text("name").to_owned(),
            built_in: false,
            base: text("base").to_owned(),
            permissions: names(Permissions::from_names(text("permissions"))),
            active: role.row.is("active"),
        }
    }
}

fn names(permissions: Permissions) -> Vec<&'static str> {
    permissions.iter().map(Permission::name).collect()
}

/// Roles.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RolePage {
    items: Vec<RoleView>,
}

/// The built-in roles, and the custom ones that the caller holds or may see.
#[utoipa::path(get, path = "/api/rbac/roles", tag = "roles", responses((status = 200, body = RolePage)))]
pub(super) async fn rbac_roles(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<RolePage>, Problem> {
    let custom = service::custom_roles(&app, &caller).await?;
    let built_in = Role::ALL.into_iter().map(RoleView::built_in);
    Ok(Json(RolePage { items: built_in.chain(custom.iter().map(RoleView::custom)).collect() }))
}

/// A permission.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PermissionView {
    name: &'static str,
    /// Whether the caller has it now.
    held: bool,
}

/// Permissions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PermissionPage {
    role: &'static str,
    items: Vec<PermissionView>,
}

/// Every permission, and which of them the caller has now.
#[utoipa::path(get, path = "/api/rbac/permissions", tag = "roles", responses((status = 200, body = PermissionPage)))]
pub(super) async fn rbac_permissions(caller: Caller) -> Json<PermissionPage> {
    let view = |permission: Permission| PermissionView {
        name: permission.name(),
        held: caller.permissions.holds(permission),
    };
    Json(PermissionPage {
        role: caller.role.name(),
        items: Permission::ALL.into_iter().map(view).collect(),
    })
}

/// What is asked: a permission, or a method and a path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    /// Name of a permission.
    permission: Option<String>,
    /// HTTP method, upper case.
    method: Option<String>,
    /// A path of this server, with or without values for its parameters.
    path: Option<String>,
    /// About whom; by default the caller. Others take `users:read`.
    user_id: Option<String>,
}

/// Whether, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckAnswer {
    allowed: bool,
    user_id: String,
    /// The permission that decides; absent where a session is enough, or not even that is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<&'static str>,
    /// `open`, `self`, `own`, `needs` or `signs`; absent where a permission was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'static str>,
    /// The level of session that the route asks of the person; of a permission, the lowest at which a route asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assurance: Option<String>,
    /// One sentence for a person.
    why: String,
    because: Because,
}

/// What decided.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Because {
    role: &'static str,
    /// Whether the built-in role holds the permission.
    role_holds: bool,
    /// The leaf of the enrolment that gave the person their role; staff who have not enrolled have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_leaf: Option<String>,
    /// Whether everybody has it.
    basic: bool,
    /// The custom roles that narrow the person.
    grants: Vec<GrantView>,
}

/// A custom role in force for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantView {
    role: String,
    /// Whether it leaves the permission.
    holds: bool,
    active: bool,
    granted_at: String,
    /// The leaf that granted it.
    leaf: String,
}

/// Whether somebody may do something, and why: their built-in role, their custom roles, and the leaves that gave them.
#[utoipa::path(post, path = "/api/rbac/check", tag = "roles", request_body = CheckRequest,
    responses((status = 200, body = CheckAnswer), (status = 400), (status = 404)))]
pub(super) async fn rbac_check(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CheckRequest>,
) -> Result<Json<CheckAnswer>, Problem> {
    let (permission, route) = match (&request.permission, &request.method, &request.path) {
        (Some(name), None, None) => {
            let known = Permission::from_name(name);
            (Some(known.ok_or_else(|| Problem::malformed("permission", "is unknown"))?), None)
        }
        (None, Some(method), Some(path)) => {
            let route = leading_to(method, path);
            let route =
                route.ok_or_else(|| Problem::malformed("path", "no route has that name"))?;
            (route.access.permission(), Some(route))
        }
        _ => return Err(Problem::malformed("", "takes a permission, or a method and a path")),
    };
    let user = request.user_id.as_deref().map(|id| wire::uuid(id, "user_id")).transpose()?;
    let user = user.map_or(caller.user, UserId::new);
    // What is one's own needs no permission.
    let is_own = route.is_some_and(|route| matches!(route.access, Access::Own(_)));
    let decisive = permission.filter(|_| !is_own);
    let explained = service::explain(&app, &caller, user, decisive).await?;
    Ok(Json(answer(&explained, permission, route)))
}

fn answer(
    explained: &Explanation,
    permission: Option<Permission>,
    route: Option<&Route>,
) -> CheckAnswer {
    let (role_holds, role_leaf) = explained.built_in;
    let grants = explained.grants.iter().map(|grant| GrantView {
        role: grant.name.clone(),
        holds: grant.holds,
        active: grant.is_active,
        granted_at: grant.granted_at.to_string(),
        leaf: grant.leaf.to_string(),
    });
    CheckAnswer {
        allowed: explained.is_allowed,
        user_id: explained.user.to_string(),
        permission: permission.map(Permission::name),
        access: route.map(|route| route.access.name()),
        assurance: match (route, permission) {
            (Some(route), _) if route.access == Access::Open => None,
            (Some(route), _) => Some(route.level(explained.role).to_string()),
            (None, permission) => permission
                .and_then(|permission| level_of(permission, explained.role))
                .map(|level| level.to_string()),
        },
        why: explained.sentence(),
        because: Because {
            role: explained.role.name(),
            role_holds,
            role_leaf: role_leaf.map(|leaf| leaf.to_string()),
            basic: explained.is_basic,
            grants: grants.collect(),
        },
    }
}

/// A route that the caller may use.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RouteView {
    method: &'static str,
    path: &'static str,
}

/// What the caller may use, by area.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Navigation {
    areas: BTreeMap<&'static str, Vec<RouteView>>,
}

/// What the caller may use now, by area: for menus.
#[utoipa::path(get, path = "/api/rbac/navigation", tag = "roles", responses((status = 200, body = Navigation)))]
pub(super) async fn rbac_navigation(caller: Caller) -> Json<Navigation> {
    let mut areas: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let may_use = |route: &&Route| {
        let level = route.level(caller.role);
        route.access == Access::Open
            || route.access.admits(caller.permissions) && caller.aal() >= level
    };
    for route in ROUTES.iter().filter(may_use) {
        areas
            .entry(area(route))
            .or_default()
            .push(RouteView { method: route.method, path: route.path });
    }
    Json(Navigation { areas })
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct PeopleQuery {
    /// Text in the name or address.
    search: Option<String>,
    /// Of this built-in role only.
    role: Option<String>,
    /// Cursor of an earlier page.
    cursor: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<i64>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonView {
    user_id: String,
    name: String,
    email: String,
    role: &'static str,
    status: String,
    locked: bool,
    /// Custom roles that narrow them.
    roles: Vec<String>,
    registered_at: String,
}

impl From<PersonRow> for PersonView {
    fn from(row: PersonRow) -> Self {
        Self {
            user_id: row.user.to_string(),
            name: row.name,
            email: row.email,
            role: row.role.name(),
            status: row.status,
            locked: row.is_locked,
            roles: row.granted,
            registered_at: row.registered_at.to_string(),
        }
    }
}

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeopleView {
    items: Vec<PersonView>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// People, in the order in which they came.
#[utoipa::path(get, path = "/api/admin/users", tag = "roles", params(PeopleQuery),
    responses((status = 200, body = PeopleView), (status = 403)))]
pub(super) async fn people(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<PeopleView>, Problem> {
    let limit = page_limit(query.limit, PAGE_DEFAULT, PAGE_MAX)?;
    let search = query.search.as_deref().filter(|text| !text.is_empty());
    if search.is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX || text.contains('\0')) {
        return Err(Problem::malformed(
            "search",
            format!("must have at most {SEARCH_CHARS_MAX} characters"),
        ));
    }
    let role = query.role.as_deref().map(str::parse).transpose();
    let after = query.cursor.as_deref().map(|cursor| wire::uuid(cursor, "cursor")).transpose()?;
    let page = PeoplePage {
        search,
        role: role.map_err(|_| Problem::malformed("role", "is unknown"))?,
        after: after.map(UserId::new),
        limit,
    };
    let found = service::people(&app, &caller, &page).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| is_full).map(|last| last.user.to_string());
    Ok(Json(PeopleView { items: found.into_iter().map(PersonView::from).collect(), next }))
}

/// A custom role with those who hold it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomRoleView {
    #[serde(flatten)]
    role: RoleView,
    /// Who holds it.
    holders: Vec<String>,
    changed_by: String,
    changed_at: String,
}

/// Custom roles.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomRolePage {
    items: Vec<CustomRoleView>,
}

/// Every custom role with those who hold it, by name.
#[utoipa::path(get, path = "/api/admin/roles", tag = "roles", responses((status = 200, body = CustomRolePage), (status = 403)))]
pub(super) async fn custom_roles(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<CustomRolePage>, Problem> {
    let view = |role: CustomRole| {
        let text = |column| role.row.get(column).unwrap_or_default().to_owned();
        CustomRoleView {
            role: RoleView::custom(&role),
            changed_by: text("changed_by"),
            changed_at: text("changed_at"),
            holders: role.holders,
        }
    };
    let roles = service::custom_roles(&app, &caller).await?;
    Ok(Json(CustomRolePage { items: roles.into_iter().map(view).collect() }))
}

/// Defines a custom role, changes what it holds, or ends it: a signed `role.define` of the administrator.
#[utoipa::path(post, path = "/api/admin/roles", tag = "roles", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn define(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::RoleDefine]).await
}

/// Narrows a person to a custom role, or lifts that: a signed `role.grant` of the administrator.
#[utoipa::path(post, path = "/api/admin/roles/grant", tag = "roles", request_body(content = String, content_type = "application/json"), responses((status = 200, description = "Receipt"), (status = 403), (status = 422)))]
pub(super) async fn grant(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    body: Enveloped,
) -> Result<Answer, Problem> {
    submit_kind(&app, &caller, origin, &body, &[Kind::RoleGrant]).await
}

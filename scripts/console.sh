#!/usr/bin/env bash
# Everything that must pass in web/: types, lints, unit tests, that what is committed is what the sources make, and the
# tests in real browsers against the embedded build. STRONGROOM_BIN names the binary to test.
set -euo pipefail
cd "$(dirname "$0")/../web"

npm ci --no-audit --no-fund
npx tsc --noEmit
npx biome ci .
# Against a real bank and in a real browser too, not only by themselves.
STRONGROOM_BIN=${STRONGROOM_BIN:-$PWD/../target/debug/strongroom} \
    CHROMIUM_BIN=${STRONGROOM_CHROMIUM:-/usr/bin/chromium} npx vitest run

# The types of the API are those of the document.
(cd tools/openapi && npm ci --no-audit --no-fund)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
node tools/openapi/generate.mjs "$made/schema.ts"
diff -q "$made/schema.ts" src/api/schema.ts || { echo "web/src/api/schema.ts is old: run npm run generate in web/tools/openapi" >&2; exit 1; }

# The build is byte for byte the one that is embedded.
npx vite build --outDir "$made/dist" --logLevel warn
diff -r --exclude=sources.sha256 "$made/dist" dist || { echo "web/dist is old: run npm run build in web/" >&2; exit 1; }
node scripts/budget.mjs "$made/dist"

npm run --silent kitchen -- --logLevel warn
npx playwright test

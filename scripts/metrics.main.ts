import { writeFileSync } from "node:fs"
import { page } from "./MetricsPage.ts"

writeFileSync(new URL("../docs/metrics.md", import.meta.url), page())

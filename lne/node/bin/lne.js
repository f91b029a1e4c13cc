#!/usr/bin/env node
// `npx lne <arguments>`: the lne command of this workspace, built from the sources as they are.
import '../../../tools/dev/lne.mjs';

// Runs verify.js without a page: reads cases {proof, logKey, shown, given}, or {note, logKey, given}, as JSON from stdin,
// writes the steps of each.
// The second argument takes something from the browser: "no-subtle" or "no-ed25519".
"use strict";
const fs = require("node:fs"), vm = require("node:vm");
const [script, missing] = process.argv.slice(2);

if (missing === "no-subtle") Object.defineProperty(crypto, "subtle", {value: undefined});
if (missing === "no-ed25519") {
  crypto.subtle.importKey = async () => { throw new DOMException("Unrecognized name.", "NotSupportedError"); };
}
vm.runInThisContext(fs.readFileSync(script, "utf8"));
(async () => {
  const found = [];
  for (const {proof, logKey, shown, note, given} of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const {steps} = await (note ? checkCheckpoint(note, logKey, given) : checkProof(proof, logKey, shown, given));
    found.push({result: verdict(steps), steps});
  }
  console.log(JSON.stringify(found));
})();

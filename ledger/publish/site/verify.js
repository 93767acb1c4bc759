/* Check in the reader's own browser that the entries on a page are in the signed log. Nothing is fetched.

   The page carries a proof file (force-ledger/proof/v1, see docs/format.md), and the key of the log:

     script#proof             the proof file, as application/json; its data-log-key is the log's verifier key
     section#verification     what a reader is told without this script
     pre[data-envelope="102"], pre[data-data="102"]    the envelope and the data of entry 102, as JSON

   The page about the whole log carries its last checkpoint instead, with the signatures of witnesses:

     script#checkpoint        the note, as a JSON text; its data-log-key is as above

   `checkProof` and `checkCheckpoint` return the steps of the check; `show` writes them into the section. Both take the
   keys that a reader got in another way, too. The standards:

     RFC 6962, 2.1      leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left || right)
     RFC 9162, 2.1.3.2  how an inclusion proof of RFC 6962 is checked
     RFC 8785           canonical JSON
     RFC 8032           Ed25519
     C2SP signed-note, tlog-checkpoint    the checkpoint: origin, size and root, signed with the log's key
     C2SP tlog-cosignature                what a witness signs
     DSSE, protocol.md                    what a recorder signs */
"use strict";

class Wrong extends Error {} // what was checked does not hold
class NotDone extends Error {} // this browser cannot check it

const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1), COMMITMENT = Uint8Array.of(2);
const SALT_SIZE = 16, ED25519 = 1, COSIGNATURE = 4;
const P = 2n ** 255n - 19n; // the prime and the constant of the curve (RFC 8032, section 5.1)
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

const why = (error) => ([Wrong, NotDone].includes(error.constructor) ? error.message : "its form is unknown here");
const upper = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
const must = (holds, words) => { if (!holds) throw new Wrong(words); };
const hasOnly = (value, ...names) => must(Object.keys(value).every((name) => names.includes(name)), "it has other fields");

/* Bytes and texts */

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const short = (bytes) => `${hex(bytes).slice(0, 12)}…`;
const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/* Every value has one spelling: what atob reads leniently is refused. */
function fromBase64(text, size) {
  let bytes = [];
  try {
    bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch { /* told below */ }
  must(toBase64(bytes) === text && [undefined, bytes.length].includes(size), "a hash or a signature is not well formed");
  return bytes;
}

function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => { bytes.set(part, at); return at + part.length; }, 0);
  return bytes;
}

/* RFC 8785. Here keys are ASCII and numbers are integers, so JSON.stringify writes each of them as it must be. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/* The same value as a page shows it: indented by two spaces. It has one spelling too. */
function indented(value, margin = "\n") {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${margin}  `, [open, close] = Array.isArray(value) ? "[]" : "{}";
  const items = Array.isArray(value) ? value.map((item) => indented(item, inner))
    : Object.keys(value).sort().map((key) => `${JSON.stringify(key)}: ${indented(value[key], inner)}`);
  return items.length > 0 ? `${open}${items.map((item) => inner + item).join(",")}${margin}${close}` : open + close;
}

function readJson(bytes) {
  let text, value;
  try {
    text = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(bytes);
    value = JSON.parse(text);
  } catch { /* told below */ }
  must(value !== undefined && canonical(value) === text, "its bytes are not canonical JSON");
  return value;
}

/* Hashes and signatures */

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

/* The root to which a leaf leads with its inclusion proof (RFC 9162, section 2.1.3.2). */
async function rootFrom(hash, index, size, proof) {
  let node = index, last = size - 1, fits = Number.isSafeInteger(index) && 0 <= index && index <= last;
  for (const sibling of proof.map((text) => fromBase64(text, 32))) {
    fits &&= last > 0;
    if (node % 2 === 1 || node === last) {
      hash = await sha256(NODE, sibling, hash);
      while (node % 2 === 0 && node > 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256(NODE, hash, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  must(fits && last === 0, "the number of hashes does not fit its place");
  return hash;
}

/* A verifier key of C2SP signed-note. Its hash is the beginning of that of its name, its type and the key. */
async function readKey(text) {
  const [, name, hash, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  must(name, "the key is not written as a key is");
  const typed = fromBase64(encoded, 33);
  const full = hex(await sha256(utf8(`${name}\n`), typed));
  must([ED25519, COSIGNATURE].includes(typed[0]) && full.startsWith(hash), "the key was changed: it does not have its hash");
  return {name, hash, id: `${name}+${hash}`, type: typed[0], bytes: typed.slice(1)};
}

/* Whether these bytes are the one encoding of a point whose order is not small: with such a key anybody could sign. */
function isSound(point) {
  const y = BigInt(`0x${hex(point.slice().reverse())}`) % 2n ** 255n;
  return y < P && (y * (y ** 2n - 1n) * (D * y ** 4n + 2n * y ** 2n - 1n)) % P !== 0n;
}

async function isSigned(key, signature, message) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
  } catch (error) {
    const lacking = error.name === "NotSupportedError";
    must(lacking, `the key ${key.id} cannot be used`);
    throw new NotDone("this browser has no Ed25519, with which the log and its entries are signed");
  }
  const sound = isSound(key.bytes) && isSound(signature.slice(0, 32));
  return sound && crypto.subtle.verify("Ed25519", imported, signature, message);
}

/* A DSSE signature is over the type and the payload, each after its length. */
function isStated(key, signature, type, statement) {
  const kind = `application/vnd.force-ledger.${type}+json`, payload = canonical(statement);
  const message = utf8(`DSSEv1 ${utf8(kind).length} ${kind} ${utf8(payload).length} ${payload}`);
  return isSigned(key, fromBase64(signature, 64), message);
}

/* The checkpoint */

/* A signed note: a text that ends in a newline, an empty line, and a line for each signature. */
function readCheckpoint(note) {
  const end = note.lastIndexOf("\n\n"), text = note.slice(0, end + 1);
  const [origin, size, root, ...rest] = text.split("\n");
  must(end > 0 && note.endsWith("\n") && /^(0|[1-9]\d{0,15})$/.test(size) && rest.at(-1) === "", "it has no checkpoint");
  const signatures = note.slice(end + 2, -1).split("\n").map((line) => {
    const [, name, encoded] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? [];
    const bytes = fromBase64(encoded);
    return {name, hash: hex(bytes.slice(0, 4)), bytes: bytes.slice(4)};
  });
  return {origin, size: Number(size), root: fromBase64(root, 32), text, signatures};
}

/* The signatures of this key under the checkpoint. */
function signaturesOf(log, key) {
  const own = log.signatures.filter((signature) => signature.name === key.name && signature.hash === key.hash);
  must(own.length > 0, `the key ${key.id} has not signed the checkpoint`);
  return own;
}

/* When a witness says that it saw the log, in seconds since 1970. */
async function checkCosignature(log, key) {
  let last = 0;
  for (const {bytes} of signaturesOf(log, key)) {
    must(bytes.length === 72, `the signature of the witness ${key.id} is not well formed`);
    const time = new DataView(bytes.buffer).getBigUint64(bytes.byteOffset), signature = bytes.slice(8);
    must(time > 0n && time < 2n ** 63n, `the time of the witness ${key.id} is not one`);
    const valid = await isSigned(key, signature, utf8(`cosignature/v1\ntime ${time}\n${log.text}`));
    must(valid, `the signature under the checkpoint is not that of the witness ${key.id}`);
    last = Math.max(last, Number(time));
  }
  return last;
}

async function checkSignature(log, key) {
  must(key.type === ED25519, `the key ${key.id} is that of a witness, not of a log`);
  must(key.name === log.origin, `the key is that of ${key.name}, and the log is ${log.origin}`);
  const own = signaturesOf(log, key);
  for (const {bytes} of own) {
    must(await isSigned(key, bytes, utf8(log.text)), "the signature under the checkpoint is not that of the log’s key");
  }
}

/* Entries */

/* The entry that the log has at a position, with its data if they are here. */
async function readEntry(proven, log) {
  hasOnly(proven, "position", "entry", "salted", "inclusion", "submission");
  const {position, entry, salted, inclusion, submission} = proven;
  const bytes = fromBase64(entry), leaf = await sha256(LEAF, bytes);
  const root = await rootFrom(leaf, position, log.size, inclusion);
  must(hex(root) === hex(log.root), "its bytes do not lead to the signed root");
  const envelope = readJson(bytes), {event} = envelope, id = await sha256(utf8(canonical(event)));
  hasOnly(envelope, "event", "recorded_at", "recorded_by", "sequence", "submission");
  hasOnly(event, "amends", "commitment", "data", "kind", "ledger", "matter", "version");
  hasOnly(envelope.submission, "cosigned", "first", "root", "rules", "seen", "signature", "size");
  must(event.ledger === log.origin, "it is of another log");
  let data = event.data;
  if (salted !== undefined) {
    const committed = toBase64(await sha256(COMMITMENT, fromBase64(salted)));
    must(committed === event.commitment, "its data are not those that it commits to");
    data = readJson(fromBase64(salted).slice(SALT_SIZE));
  }
  return {position, leaf, id, envelope, event, data, submission};
}

/* Who signed an entry: the recorder of its submission, whose key was on record before, and perhaps a second one. */
async function checkRecorder(entry, entries) {
  const {submission: own, recorded_by, recorded_at} = entry.envelope, first = entries.get(own.first);
  must(first, "the first entry of its submission is missing");
  const {root, rules, seen, signature, size, cosigned} = first.envelope.submission;
  for (const one of [entry, first]) {
    const {first: start, size: many, rules: number} = one.envelope.submission;
    must(start === first.position && many === size && number === rules, "it is not of the submission that it names");
  }
  const leaf = await sha256(LEAF, entry.id);
  const found = await rootFrom(leaf, entry.position - first.position, size, entry.submission);
  must(toBase64(found) === root, "its submission does not have it");
  const same = recorded_by === first.envelope.recorded_by && recorded_at === first.envelope.recorded_at;
  must(same && seen.size === first.position, "its recorder, time or place is not the one that was signed");
  const {ledger, kind} = entry.event, kinds = kind === "recorder.recovered" ? LOG_KEYS : RECORDERS_KEYS;
  const key = await keyOf(recorded_by, first.position, entries, kinds);
  must(kind !== "entry.withheld" || key.mayWithhold, `${recorded_by} may not withhold data`);
  const statement = {ledger, recorded_at, root, rules, seen, size};
  must(await isStated(key, signature, "submission", statement), `the signature of ${recorded_by} is not valid`);
  if (!cosigned) return [recorded_by];
  const second = await keyOf(cosigned.by, first.position, entries, RECORDERS_KEYS), approval = {ledger, root, size};
  must(await isStated(second, cosigned.signature, "approval", approval), `the approval of ${cosigned.by} is not valid`);
  return [recorded_by, cosigned.by];
}

/* How an authorisation for some kinds names the decision to withhold data. */
const WITHHOLDS = ["entry", "entry.withheld"];

/* The kinds of entry that put a key on record. Of submissions, the log key signs recoveries alone. */
const RECORDERS_KEYS = ["recorder.authorised", "recorder.recovered"], LOG_KEYS = ["ledger.opened", "ledger.log_key_rotated"];

/* The key of that name and hash, which such an entry put on record before a position. The first submission authorises
   itself. */
async function keyOf(id, position, entries, kinds) {
  for (const {event, data, position: since} of entries.values()) {
    if (!kinds.includes(event.kind) || since >= Math.max(position, 2)) continue;
    const text = data.key ?? data.log_key;
    if (!text.startsWith(`${id}+`) || (data.recorder ?? id) !== id) continue;
    const isKeeper = (data.role ?? "keeper") === "keeper", {kinds: only} = data;
    return {...await readKey(text), mayWithhold: isKeeper && (!only || only.some((one) => WITHHOLDS.includes(one)))};
  }
  throw new Wrong(`the key of ${id} was not on record before`);
}

/* The decision that withholds the data of an entry, among those of which it is checked who signed them. */
function withholding(entry, about) {
  for (const act of about) {
    if (act.event.kind === "entry.withheld" && act.event.amends.target === hex(entry.id)) return act;
  }
  throw new Wrong("its data are missing, and no signed decision withholds them");
}

/* Whether the page shows an entry as it was checked. Data that are in the envelope itself are shown there. */
function checkShown(entry, shown) {
  for (const part of entry.data === undefined || entry.event.data ? ["envelope"] : ["envelope", "data"]) {
    const texts = shown.filter((one) => one.position === entry.position && one.part === part);
    const same = texts.length > 0 && texts.every(({text}) => text === indented(entry[part]));
    must(same, "its text on this page is not what was checked");
  }
}

/* The check, step by step. Each step is {result: "yes" | "no" | "not done", words}. `given` are the keys that a reader got
   in another way. */

const NEEDS_HTTPS = "Browsers check hashes and signatures only of pages that came over https, or from this computer.";

/* A function that runs a check and adds its step to `steps`. */
function stepper(steps) {
  return async (check) => {
    try {
      steps.push({result: "yes", words: await check()});
    } catch (error) {
      steps.push({result: error instanceof NotDone ? "not done" : "no", words: `${upper(why(error))}.`});
    }
  };
}

/* The signatures of the log and of its witnesses under a checkpoint, with the keys that a reader gave, if any. Under the
   checkpoint of a proof there is that of the log alone. */
async function checkSigners(step, log, logKey, given, {ofProof}) {
  const keys = given.length > 0 ? given : [logKey], signers = log.signatures.map(({name, hash}) => `${name}+${hash}`);
  for (const text of keys) {
    await step(async () => {
      const key = await readKey(text);
      if (key.type === COSIGNATURE) {
        if (ofProof && !signers.includes(key.id)) {
          throw new NotDone(`the witness ${key.name} has not signed this checkpoint: give its key on “Check this record”`);
        }
        const time = new Date(1000 * await checkCosignature(log, key)).toISOString();
        return `The witness ${key.name}, whose key you gave, saw this log grow to ${log.size} entries by ${time}.`;
      }
      await checkSignature(log, key);
      return `This root is signed with ${given.length > 0 ? "the key that you gave" : "the log’s key"}, ${key.id}.`;
    });
  }
  for (const id of signers.filter((id) => !keys.some((key) => key.startsWith(`${id}+`)))) {
    const whose = id.startsWith(`${log.origin}+`) ? "of the log itself" : "of a witness";
    await step(async () => {
      throw new NotDone(`the signature ${whose} was not checked: give the key ${id} too, as you got it in another way`);
    });
  }
}

async function checkCheckpoint(note, logKey, given = []) {
  const steps = [], step = stepper(steps);
  if (!globalThis.crypto?.subtle) return {steps: [{result: "not done", words: NEEDS_HTTPS}]};
  let log;
  try {
    log = readCheckpoint(note);
  } catch {
    return {steps: [{result: "no", words: "The checkpoint is not well formed."}], note};
  }
  await checkSigners(step, log, logKey, given, {ofProof: false});
  return {steps, note};
}

/* `shown` is what the page shows of the entries: {position, part: "envelope" | "data", text} for each text. */
async function checkProof(text, logKey, shown, given = []) {
  const steps = [], entries = new Map(), step = stepper(steps);
  const each = async (things, check) => { // the results, or an error that names the entry
    const found = [];
    for (const thing of things) {
      try {
        found.push(await check(thing));
      } catch (error) {
        throw error instanceof NotDone ? error : new Wrong(`entry ${thing.position}: ${why(error)}`);
      }
    }
    return found;
  };
  if (!globalThis.crypto?.subtle) {
    return {steps: [{result: "not done", words: NEEDS_HTTPS}]};
  }

  let file, log, about = [], what;
  await step(async () => {
    file = JSON.parse(text);
    hasOnly(file, "schema", "checkpoint", "entries", "extract");
    must(file.schema === "force-ledger/proof/v1", "the proof is of a form that is unknown here");
    log = readCheckpoint(file.checkpoint);
    await each(file.entries, async (proven) => entries.set(proven.position, await readEntry(proven, log)));
    about = [...entries.values()].filter((entry) => entry.submission !== undefined);
    must(about.length > 0 && entries.size === file.entries.length, "the proof is about no entry, or has one twice");
    what = about.length === 1 ? `entry ${about[0].position}` : `each of the ${about.length} entries`;
    const hashes = about.length === 1 ? `, whose hash is ${short(about[0].leaf)},` : "";
    return `The bytes of ${what}${hashes} lead to the root ${short(log.root)} of the log at ${log.size} entries.`;
  });
  if (log) await checkSigners(step, log, logKey, given, {ofProof: true});
  if (about.length > 0) {
    await step(async () => {
      const signers = new Set((await each(about, (entry) => checkRecorder(entry, entries))).flat());
      return `${upper(what)} is signed by ${[...signers].join(" and ")}, whose key the log had on record before.`;
    });
    await step(async () => {
      const withheld = about.filter((entry) => entry.data === undefined);
      const acts = await each(withheld, (entry) => withholding(entry, about));
      const isShown = ({position}) => shown.some((one) => one.position === position);
      await each(about.filter((entry) => !acts.includes(entry) || isShown(entry)), (entry) => checkShown(entry, shown));
      const decided = acts.map(({position}, at) => `entry ${position} withholds the data of entry ${withheld[at].position}`);
      if (acts.length > 0) throw new NotDone(`what was withheld cannot be checked: ${decided.join("; ")}`);
      return `The recorded text on this page is that of ${what}, word for word.`;
    });
  }
  return {steps, file};
}

/* The page */

const HEADINGS = {
  yes: ["Checked in your browser: this is in the signed log", "✓ Yes"],
  no: ["The check failed: do not rely on this page", "✗ No"],
  partly: ["Partly checked in your browser", ""],
  "not done": ["Not checked in your browser", "– Not checked"],
};

const OF_A_CHECKPOINT = {
  yes: "Checked in your browser: these signatures hold",
  no: "The check failed: do not rely on this checkpoint",
};

/* The worst of what was found; "not done" only if nothing was done. */
function verdict(steps) {
  const results = new Set(steps.map((step) => step.result));
  if (results.has("no")) return "no";
  return results.size > 1 ? "partly" : [...results][0];
}

function element(name, attributes, ...content) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...content);
  return made;
}

/* A field for the keys that a reader got in another way; `check` is given them, one a line. */
function fieldForKeys(given, check) {
  const field = element("textarea", {rows: 3, cols: 32, id: "keys", spellcheck: "false"}, given.join("\n"));
  const button = element("button", {type: "button"}, "Check with these keys");
  button.addEventListener("click", () => check(field.value.split("\n").map((line) => line.trim()).filter(Boolean)));
  const words = "Keys that you got in another way, of the log or of a witness, one a line:";
  return [element("p", {}, element("label", {for: "keys"}, words)), element("p", {}, field), element("p", {}, button)];
}

function show(box, {steps, file, note}, logKey, given, again) {
  const result = verdict(steps), list = (items) => element("ul", {}, ...items.map((item) => element("li", {}, item)));
  box.className = `check ${result.replace(" ", "-")}`;
  box.dataset.result = result;
  const lines = steps.map((step) => element("li", {},
    element("strong", {class: `w ${step.result.replace(" ", "-")}`}, HEADINGS[step.result][1]), ` ${step.words}`));
  const heading = (note !== undefined && OF_A_CHECKPOINT[result]) || HEADINGS[result][0];
  const parts = [element("h2", {id: "verification-heading"}, heading), element("ol", {}, ...lines)];
  if (note !== undefined && ["yes", "partly"].includes(result)) {
    parts.push(element("p", {}, given.length > 0
      ? "What the steps marked “Yes” prove: who has that key signed this size and root. A witness signs only if the log had "
        + "grown without a change to what it saw before, so that nobody is shown another past. Neither says that what was "
        + "recorded is true."
      : "This proves only that the site agrees with itself: the key came with the page, and whoever changed the one could "
        + "change the other. Give the key below as you got it in another way: from an officer, a paper, an earlier visit."));
  } else if (["yes", "partly"].includes(result)) {
    parts.push(
      element("p", {}, "What the steps marked “Yes” prove: a log with this key has this text, unchanged, at this place."),
      element("p", {}, "What they do not prove:"),
      list([
        "That what was recorded is true. For that, read the documents that it cites.",
        "That nothing was recorded later, or that nothing else was recorded.",
        "That everybody is shown the same log. Only witnesses’ signatures show that: see “Check this record”.",
        ...given.length > 0 ? [] : ["That the key is the log’s. Give below the one that you got in another way."],
        "That the headings and tables of this page agree with the recorded text. Compare them.",
        "That this script is honest: it came with the page. Who doubts the publisher checks with other tools.",
      ]),
    );
  }
  parts.push(
    element("p", {}, "The log’s key, as this site has it: ", element("code", {}, logKey)),
    ...fieldForKeys(given, again),
    element("p", {}, "Your browser does this by itself, with data in this page. Nothing is sent or fetched."),
  );
  if (file !== undefined) {
    const saved = new Blob([`${JSON.stringify(file, null, 2)}\n`], {type: "application/json"});
    parts.push(element("p", {},
      element("a", {href: URL.createObjectURL(saved), download: "proof.json"}, "Save the proof"), ", to check it with other tools."));
  }
  box.replaceChildren(...parts);
}

async function checkPage(given = []) {
  const data = document.getElementById("proof") ?? document.getElementById("checkpoint");
  const box = document.getElementById("verification");
  if (!data || !box) return;
  const shown = ["envelope", "data"].flatMap((part) => Array.from(document.querySelectorAll(`[data-${part}]`), (at) =>
    ({position: Number(at.dataset[part]), part, text: at.textContent})));
  const {id, textContent, dataset: {logKey}} = data;
  const found = id === "proof" ? checkProof(textContent, logKey, shown, given)
    : checkCheckpoint(JSON.parse(textContent), logKey, given);
  show(box, await found, logKey, given, checkPage);
}

if (globalThis.document) checkPage();

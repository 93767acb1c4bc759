// Validates HTML files, whose names come as JSON on stdin; writes what is wrong with each as JSON.
import fs from "node:fs";
import {HtmlValidate} from "html-validate";

const validator = new HtmlValidate({extends: ["html-validate:standard"]}), found = {};
for (const file of JSON.parse(fs.readFileSync(0, "utf8"))) {
  const {results} = await validator.validateString(fs.readFileSync(file, "utf8"), file);
  found[file] = results.flatMap((one) => one.messages.map(({ruleId, line, message}) => `${line}: ${ruleId}: ${message}`));
}
console.log(JSON.stringify(found));

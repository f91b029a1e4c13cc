// What scripts with options of their own share: help where it is asked for, and clear words about what they were told wrongly.

/** Before the first build nothing near is named; the help is there all the same. */
const { nearestName } = await import('../../libs/tool-contracts/dist/nearest-name.js').catch(() => ({
  nearestName: () => null,
}));

/**
 * Ends the process with the help where it was asked for, and with exit code 2 where an option is wrong.
 * @param command as it is called, e.g. `npm run chaos --` @param help has each option on a line that begins with it @param parse gives the options, or null where help is wanted
 */
export function optionsOf(command, help, parse) {
  try {
    const options = parse();
    if (options !== null) return options;
    console.log(help);
    process.exit(0);
  } catch (error) {
    console.error(`${wordsOf(error, help)}\nsee ${command} --help`);
    process.exit(2);
  }
}

/** An option that there is not is told with the one that was probably meant. */
function wordsOf({ code, message }, help) {
  const [, written] = /^Unknown option '([^']*)'/.exec(message) ?? [];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || written === undefined) return message;
  const known = [...help.matchAll(/^ +(--[\w-]+)/gm)].map(([, name]) => name);
  const nearest = nearestName(written, known);
  return `unknown option '${written}'${nearest === null ? '' : `; did you mean ${nearest}?`}`;
}

/** An option's text as a whole number of nine digits at most. */
export function wholeNumber(name, text, least) {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new Error(`--${name} '${text}' is no whole number${least > 0 ? ` from ${least} on` : ''}`);
  return Number(text);
}

// What scripts with options of their own share: help where it is asked for, and clear words about what they were told wrongly.

/**
 * Ends the process with the help where it was asked for, and with exit code 2 where an option is wrong.
 * @param command as it is called, e.g. `npm run chaos --` @param parse gives the options, or null where help is wanted
 */
export function optionsOf(command, help, parse) {
  try {
    const options = parse();
    if (options !== null) return options;
    console.log(help);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\nsee ${command} --help`);
    process.exit(2);
  }
}

/** An option's text as a whole number of nine digits at most. */
export function wholeNumber(name, text, least) {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new Error(`--${name} '${text}' is no whole number${least > 0 ? ` from ${least} on` : ''}`);
  return Number(text);
}

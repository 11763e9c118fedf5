/** The output of a release without the lines that say how long each step took. */
export const withoutSteps = (output: string): string => output.replace(/^.* \(\d+\.\d s\)\n/gm, "");

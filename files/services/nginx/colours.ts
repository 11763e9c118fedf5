/** The colours of the site's own pages, for light and dark, as CSS of `:root`. */
export const COLOURS = `color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --ink: light-dark(#22252a, #ececee); --quiet: light-dark(#666b73, #9da2aa);
    --page: light-dark(#f6f6f4, #17181a); --card: light-dark(#fff, #222427); --line: light-dark(#e4e4e0, #33363b); --accent: light-dark(#b84a0c, #f39255);`;

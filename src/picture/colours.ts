// The colours of communities.

/** Ten colours that most colour-blind people can tell from each other (Tableau 10, grey last); smaller communities share the grey. */
export const COLOURS = [
  '#4e79a7',
  '#f28e2b',
  '#59a14f',
  '#e15759',
  '#b07aa1',
  '#76b7b2',
  '#d4a90f',
  '#ff9da7',
  '#9c755f',
  '#a5a09b',
]

/** `npm run docs:site`: the README, the guides and the reference as one static site in `docs-site`, which needs no network. */
import reference from '../../typedoc.config.mjs'
import { groups } from './guides.mjs'

const fromRoot = (path) => `../../${path}`

export default {
  ...reference,
  entryPoints: reference.entryPoints.map(fromRoot),
  tsconfig: fromRoot(reference.tsconfig),
  readme: fromRoot('README.md'),
  projectDocuments: Object.values(groups).flat().map(fromRoot),
  plugin: ['./plugin.mjs'],
  router: 'short',
  out: fromRoot('docs-site'),
  sort: ['kind', 'instance-first', 'alphabetical-ignoring-documents'],
  groupOrder: [...Object.keys(groups), 'Reference', '*'],
  navigation: { includeGroups: true, includeCategories: false },
  categorizeByGroup: false,
  customCss: './style.css',
  favicon: fromRoot('examples/vanilla/icon.svg'),
  highlightLanguages: ['bash', 'html', 'javascript', 'json', 'jsonc', 'nginx', 'tsx', 'typescript'],
  lightHighlightTheme: 'github-light',
  darkHighlightTheme: 'github-dark',
}

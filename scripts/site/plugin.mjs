import { basename } from 'node:path'
import { Comment, CommentTag, Converter, KindRouter, ReflectionKind } from 'typedoc'
import { groups } from './guides.mjs'

/** Calls guides by their titles and modules by what a user imports, puts both into the groups of the sidebar, and keeps addresses short. */
export function load({ converter, renderer }) {
  const addresses = new Map()

  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const path = document.name // from the root, without `.md`
    document.frontmatter.group = Object.keys(groups).find((group) => groups[group].includes(`${path}.md`))
    addresses.set(
      document,
      path
        .replace(/^docs\/|\/README$/g, '')
        .replaceAll('/', '-')
        .toLowerCase(),
    )
    const [, title] = /^# (.+)$/m.exec(document.content.map(({ text }) => text).join('')) ?? []
    document.name = title.replaceAll('`', '')
  })

  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      addresses.set(module, module.name === 'index' ? 'client' : module.name)
      module.name = module.name === 'index' ? 'everwire' : `everwire/${module.name}`
      module.comment ??= new Comment()
      module.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Reference' }]))
    }
  })

  renderer.defineRouter(
    'short',
    class extends KindRouter {
      getIdealBaseName(reflection) {
        const address = addresses.get(reflection)
        if (address) return `${reflection.isDocument() ? 'guides' : 'reference'}/${address}`
        const name = super.getIdealBaseName(reflection)
        const home = addresses.get(reflection.parent)
        return home ? `reference/${home}/${basename(name).split('.').at(-1)}` : name
      }
    },
  )
}

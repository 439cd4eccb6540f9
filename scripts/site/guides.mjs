/** The guides, as the sidebar of the site lists them. */
export const groups = {
  Guides: [
    'docs/quick-start.md',
    'docs/reconnection.md',
    'docs/auth.md',
    'docs/proxies.md',
    'docs/contracts.md',
    'docs/react.md',
    'docs/node.md',
    'docs/hosts.md',
    'docs/socket.md',
    'docs/testing.md',
    'docs/inspector.md',
    'docs/cli.md',
    'docs/migrating.md',
    'docs/errors.md',
  ],
  'How it holds': [
    'docs/fault-modes.md',
    'docs/simulation.md',
    'docs/benchmarks.md',
    'docs/security.md',
    'docs/protocol.md',
    'docs/architecture.md',
    'CONTRIBUTING.md',
  ],
  Examples: ['examples/vanilla/README.md', 'examples/react/README.md', 'examples/node/README.md'],
}

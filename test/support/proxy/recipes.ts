export interface Ports {
  proxy: number
  target: number
}

const nginx = ({ proxy, target }: Ports, folder: string, location: string) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/temp/body;
  proxy_temp_path ${folder}/temp/proxy;
  fastcgi_temp_path ${folder}/temp/fastcgi;
  uwsgi_temp_path ${folder}/temp/uwsgi;
  scgi_temp_path ${folder}/temp/scgi;
  server {
    listen 127.0.0.1:${proxy};
    location / {
      proxy_pass http://127.0.0.1:${target};
      ${location}
    }
  }
}
`

const upgrading = `
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_set_header Host $http_host;`

const haproxy = ({ proxy, target }: Ports) => `
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout tunnel 1s
frontend all
  bind 127.0.0.1:${proxy}
  default_backend target
backend target
  server one 127.0.0.1:${target}
`

const nginxCommand = (config: string, folder: string) => ['-p', folder, '-e', 'stderr', '-c', config]

/** Real proxies as they are met in the field, with their timeouts cut to what a test can wait for. */
export const recipes = {
  /** `proxy_pass` and nothing else: HTTP/1.0 to the target, no upgrade, buffered answers. */
  'nginx as shipped': {
    program: 'nginx',
    config: (ports: Ports, folder: string) => nginx(ports, folder, ''),
    command: nginxCommand,
  },
  /** Upgrades pass, as most guides have it; its timeouts are those it is shipped with, 60 s. */
  'nginx with upgrades': {
    program: 'nginx',
    config: (ports: Ports, folder: string) => nginx(ports, folder, upgrading),
    command: nginxCommand,
  },
  /** Upgrades pass; answers are buffered, and what is silent for 1 s is cut: a 504, or a closed WebSocket. */
  'nginx with short timeouts': {
    program: 'nginx',
    config: (ports: Ports, folder: string) =>
      nginx(
        ports,
        folder,
        `${upgrading}
      proxy_buffering on;
      proxy_read_timeout 1s;
      proxy_send_timeout 1s;`,
      ),
    command: nginxCommand,
  },
  /** Upgrades pass; a WebSocket silent for 1 s is cut, a request unanswered for 5 s is a 504. */
  'haproxy with a short tunnel': {
    program: 'haproxy',
    config: haproxy,
    command: (config: string) => ['-db', '-f', config],
  },
} as const

export type RealProxy = keyof typeof recipes

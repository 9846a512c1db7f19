// An app of the lab that tells what it should not: answers with secrets, fails now and then, and ends with requests in flight.
import { createServer } from 'node:http'

const [setCookie, body, location, authenticate] = process.argv.slice(2)
let answered = 0
createServer((request, response) => {
  answered += 1
  setTimeout(
    () => {
      response.writeHead(answered % 12 === 0 && request.url !== '/readyz' ? 500 : 200, {
        'content-type': 'text/plain',
        'x-pod': process.env.HOSTNAME ?? '',
        'set-cookie': `sid=${setCookie}; HttpOnly`,
        location: `https://shop.example/cb?code=${location}`,
        'www-authenticate': `Bearer realm="x", error="${authenticate}"`,
      })
      response.end(`password=${body}\nyou sent ${request.headers.authorization}\n${request.headers.cookie}\n`)
    },
    request.url === '/readyz' ? 0 : 80,
  )
}).listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => process.exit(0))

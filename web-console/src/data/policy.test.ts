/** Which scripts may be started. */
import { expect, test } from 'vitest'
import { isOwnScript } from './policy'

test('no other script than the own files of the console is started', () => {
  const page = 'http://a.test:4667/console/live?region=x'
  expect(isOwnScript('http://a.test:4667/console/assets/twin-worker-B9.js', page)).toBe(true)
  expect(isOwnScript('/console/assets/twin-worker-B9.js', page)).toBe(true)
  for (const url of [
    'http://a.test:4668/console/assets/x.js',
    'https://a.test:4667/console/assets/x.js',
    '//evil.test/console/assets/x.js',
    '/v1/jobs/job_1/outputs/0?x=/console/assets/x.js',
    '/console/assets/../../v1/blobs/x.js',
    '/console/assets/%2e%2e/%2e%2e/v1/x.js',
    '/console/assets/x.js?y',
    'data:text/javascript,alert(1)',
    'blob:http://a.test:4667/1',
    'javascript:alert(1)',
  ]) {
    expect(isOwnScript(url, page), url).toBe(false)
  }
})

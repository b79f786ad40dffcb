// The two key pairs that every Vagrant box trusts until its first `vagrant up`. They are public by design, published by Vagrant for everybody
// who makes or uses a box, and no secret: https://github.com/hashicorp/vagrant/tree/main/keys
import { opensshEd25519, pem } from '../lib/private-key'

const ed25519Seed = '2f7911d11d20a32316cd2870d1cdecc3d14dd1dd4104992ed1df77f3bcf4000f' // hex

// PKCS #1, without the lines around it.
const rsaDer =
  'MIIEogIBAAKCAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKL' +
  'v6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MW' +
  'ZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c' +
  '9WhQIBIwKCAQEA4iqWPJXtzZA68mKdELs4jJsdyky+ewdZeNds5tjcnHU5zUYE25K+ffJED9qUWICcLZDc81TGWjHyAqD1Bw7XpgUwFgeUJwUlzQurAv+/' +
  'ySnxiwuaGJfhFM1CaQHzfXphgVml+fZUvnJUTvzfTK2Lg6EdbUE9TarUlBf/xPfuEhMSlIE5keb/Zz3/LUlRg8yDqz5w+QWVJ4utnKnKiqwZN0mwpwU7YS' +
  'yJhlT4YV1F3n4YjLswM5wJs2oqm0jssQu/BT0tyEXNDYBLEF4AsClaWuSJ2kjq7KhrrYXzagqhnSei9ODYFShJu8UWVec3Ihb5ZXlzO6vdNQ1J9Xsf4m+2' +
  'ywKBgQD6qFxx/Rv9CNN96l/4rb14HKirC2o/orApiHmHDsURs5rUKDx0f9iPcXN7S1uePXuJRK/5hsubaOCx3Owd2u9gD6Oq0CsMkE4CUSiJcYrMANtx54' +
  'cGH7RkEjFZxK8xAv1ldELEyxrFqkbE4BKd8QOt414qjvTGyAK+OLD3M2QdCQKBgQDtx8pNCAxR7yhHbIWT1AH66+XWN8bXq7l3RO/ukeaci98JfkbkxURZ' +
  'htxV/HHuvUhnPLdX3TwygPBYZFNo4pzVEhzWoTtnEtrFueKxyc3+LjZpuo+mBlQ6ORtfgkr9gBVphXZGYEzkCD3lVdl8L4cw9BVpKrJCs1c5taGjDgdInQ' +
  'KBgHm/fVvv96bJxc9x1tffXAcj3OVdUN0UgXNCSaf/3A/phbeBQe9xS+3mpc4r6qvx+iy69mNBeNZ0xOitIjpjBo2+dBEjSBwLk5q5tJqHmy/jKMJL4n9R' +
  'Olx93XS+njxgibTvU6Fp9w+NOFD/HvxB3Tcz6+jJF85D5BNAG3DBMKBjAoGBAOAxZvgsKN+JuENXsST7F89Tck2iTcQIT8g5rwWCP9Vt74yboe2kDT531w' +
  '8+egz7nAmRBKNM751U/95P9t88EDacDI/Z2OwnuFQHCPDFllYOUI+SpLJ6/vURRbHSnnn8a/XG+nzedGH5JGqEJNQsz+xT2axM0/W/CRknmGaJkda/AoGA' +
  'NWrLCz708y7VYgAtW2Uf1DPOIYMdvo6fxIB5i9ZfISgcJ/bbCUkFrhoH+vq/5CIWxCPp0f85R4qxxQ5ihxJ0YDQT9Jpx4TMss4PSavPaBH3RXow5Ohe+bY' +
  'oQNE5OgEXk2wVfZczCZpigBKbKZHNYcelXtTt/nP3rsCuGcM4h53s='

// As ssh2 takes them, in Vagrant's order: ED25519, then RSA, which is all that the boxes of Fedora know.
export const vagrantKeys = (): readonly string[] => [opensshEd25519(Buffer.from(ed25519Seed, 'hex')), pem('RSA PRIVATE KEY', rsaDer)]

import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const entry = { files: ['resolve/*.js', 'post/*.js'], languageOptions: { sourceType: 'commonjs', globals: { process: 'readonly' } } }

export default tseslint.config({ ignores: ['dist/', 'node_modules/', 'coverage/'] }, js.configs.recommended, entry, {
  files: ['**/*.ts'],
  extends: [tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/no-non-null-assertion': 'error',
  },
})

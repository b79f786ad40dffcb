// What the bundle holds for its entries (scripts/build.ts): each of the two programs is loaded, and thereby runs, when its entry asks for it.
export const action = (): Promise<unknown> => import(/* webpackMode: "eager" */ './main')
export const terminal = (): Promise<unknown> => import(/* webpackMode: "eager" */ './cli')

/** `@slf/suite`: the screens and the state that all apps have; each app adds its own. */

export {};

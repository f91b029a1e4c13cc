import { errorsOf } from '../errors/service-error.js';

/** What is answered to who may not do what it asks for. */
export const ACCESS_ERRORS = {
  ACCESS_TOKEN_MISSING: {
    status: 401,
    sentence: 'this needs an access token',
    mend: "send 'Authorization: Bearer TOKEN'; commands take it from SEDGE_TOKEN or --token-file, and npx sedge token create makes one",
  },
  ACCESS_TOKEN_REFUSED: {
    status: 401,
    sentence: 'the access token is refused: {reason}',
    mend: 'ask whoever runs this Sedge for a new one; npx sedge token create makes it',
  },
  ACCESS_SCOPE_MISSING: {
    status: 403,
    sentence: "this needs the scope '{wanted}', and the access token has '{given}'",
    mend: 'use a token of that scope: npx sedge token create --scope {wanted}',
  },
  ACCESS_TEAM_DIFFERS: {
    status: 403,
    sentence: "the stage '{stage}' belongs to the team '{owner}', and the access token is of {team}",
    mend: 'use a token of that team, or one of the scope admin',
  },
  ACCESS_UNDECLARED: {
    status: 403,
    sentence: 'nobody may ask for this: the service does not say which scope it needs',
    mend: 'report it; a controller of the service lacks its declaration of access',
  },
} as const;

export const accessError = errorsOf(ACCESS_ERRORS);

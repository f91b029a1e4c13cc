/** The largest number that a column `integer` of PostgreSQL holds; what is larger must be refused before it is asked there. */
export const MOST_INTEGER = 2_147_483_647;

/*
 * Title
 *
 * - a
 *   b
 */
int a; /* <-- why */

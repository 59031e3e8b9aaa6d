// Runs what two units made of all generated files, which they include in opposite orders.
// SPDX-License-Identifier: MIT OR Apache-2.0
bool forwards();
bool backwards();

int main() { return forwards() && backwards() ? 0 : 1; }

/** The command line. Its whole interface is {@link org.adjoint.cli.Main}. */
package org.adjoint.cli;

/* The man page's chapter on causes, as mdoc(7). */
#include "report.h"

bool report_manual(FILE *out)
{
	return fputs(".Sh CAUSES\n", out) >= 0;
}

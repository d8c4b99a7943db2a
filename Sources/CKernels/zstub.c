#include "mk_move.h"
#include <string.h>
void mk_copy(const void* args, const mk_context* context){
 const mk_copy_args*a=args; if(context->part) return;
 long n=1; for(unsigned k=0;k<a->rank;k++) n*=a->size[k];
 char*x=mk_at(context,a->x),*y=mk_at(context,a->y);
 for(long i=0;i<n;i++){ long r=i,ox=0,oy=0; for(int k=a->rank-1;k>=0;k--){long j=r%a->size[k]; r/=a->size[k]; ox+=j*a->x_stride[k]; oy+=j*a->y_stride[k];} memcpy(y+oy*a->bytes,x+ox*a->bytes,a->bytes);}
}
